#pragma once

namespace gridtally::archive {

/// Starts the HDF5 library; a second call does nothing. Programs that write archives under MPI call
/// it before MPI_Init: a library that is started later would end itself inside MPI_Finalize, and
/// crash there when a full disk has kept it from closing a file.
void start_hdf5();

}  // namespace gridtally::archive
