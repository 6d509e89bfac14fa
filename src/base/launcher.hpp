#pragma once

/// Who started this process, without asking MPI.
namespace gridtally {

/// Whether mpirun or srun did, as one rank of a job: by what they leave in the environment.
bool is_launched();

/// Before MPI is started: has Open MPI start a process that nobody launched without a daemon (0.2 s
/// less), and with a folder in TMPDIR of its own. Else it would have the same name for all such
/// processes: where one removes it as it ends, another fails as it starts. What the environment
/// says already stays. Before other threads start.
void prepare_mpi();

}  // namespace gridtally
