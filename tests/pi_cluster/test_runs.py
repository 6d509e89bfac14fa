"""jobs/pi-cluster/run.sh on hosts made of namespaces: the embedded week over ssh, a link cut and a rank killed in the middle of it,
what a waiting meter costs; and the paper's 48 boards."""

import csv
import os
import signal
import time

import cluster
from pis import LOST, MOST_PROCESSOR, MOST_SECONDS, STOPPED, PiTest, processor_seconds  # noqa: I001


class Week(PiTest):
    def assert_all_acknowledged_is_kept(self):
        report = self.audited(self.archive)
        self.assertGreaterEqual(report["height"], self.voted_height() - 1)
        return report["height"]

    def assert_ends_in_time(self, job, since, *words):
        status = job.end(MOST_SECONDS)
        seconds = time.monotonic() - since
        self.assertEqual(status, LOST, job.said())
        self.assertLess(seconds, MOST_SECONDS)
        for expected in words:
            self.assertRegex(job.said(), expected)
        cluster.wait(lambda: not self.ranks(), MOST_SECONDS - seconds, lambda: f"left: {self.ranks()}\n{job.said()}")
        return seconds

    def test_of_one_run_a_link_is_cut_and_a_rank_killed(self):
        self.describe("broken")
        job = self.job("run.sh")
        job.wait_for_day(2)
        self.cut(4)
        seconds = self.assert_ends_in_time(job, time.monotonic(), "lost: pi4 does not answer", "run.sh --resume")
        self.pis.links.mend(4)
        height = self.assert_all_acknowledged_is_kept()
        print(f"link cut: ended after {seconds:.1f} s at height {height}")

        job = self.job("run.sh", "--resume")
        job.wait_for_day(4)
        os.kill(self.pis.hosts[2].processes("gridtally-solve")[0], signal.SIGKILL)
        seconds = self.assert_ends_in_time(job, time.monotonic(), "on node pi3 exited on signal 9", "run.sh --resume")
        self.assertNotIn("lost:", job.said())
        self.assertGreater(self.assert_all_acknowledged_is_kept(), height)
        print(f"rank killed: ended after {seconds:.1f} s")

        said = self.ended("run.sh", "--resume")
        self.assertIn(self.head_of_a_plain_run(), said)
        self.assertEqual(self.archive.with_name("broken.head").read_text().strip(), self.head_of_a_plain_run())
        report = self.audited(self.archive, "--private", self.everyones("private", "broken.private"))
        self.assertEqual((report["head"], report["meters_replayed"]), (self.head_of_a_plain_run(), 10))
        for host in self.pis.hosts:
            self.assertFalse(self.in_home(host, "broken.run").exists())
            self.assertEqual(self.in_home(host, "broken").exists(), host is self.head)

    def test_undisturbed(self):
        self.describe("whole", options="--traffic whole.csv")
        start = time.monotonic()
        said = self.ended("run.sh")
        seconds = time.monotonic() - start
        self.assertIn(self.head_of_a_plain_run(), said)
        print(f"week: {seconds:.1f} s, set up in {self.setup_seconds:.1f} s")
        for host in self.pis.hosts:
            self.assertLess(host.memory.peak() or 0, cluster.MEMORY)
        self.assert_no_private_part_of_others()

    def test_the_heads_own_link_is_cut(self):
        self.describe("alone")
        job = self.job("run.sh")
        job.wait_for_day(1)
        self.cut(1)
        seconds = self.assert_ends_in_time(job, time.monotonic(), "lost: pi1, this Pi, reaches none of the others")
        self.pis.links.mend(1)
        print(f"head cut: ended after {seconds:.1f} s")
        self.assert_all_acknowledged_is_kept()

    def test_asked_to_stop_it_stops_in_good_order(self):
        self.describe("stopped")
        job = self.job("run.sh")
        job.wait_for_day(1)
        job.ask_to_stop()
        self.assertEqual(job.end(), STOPPED, job.said())
        self.assertIn("stopped by SIGUSR1 after height", job.said())
        self.assertIn("to go on: jobs/pi-cluster/run.sh --resume", job.said())

    def test_asked_to_stop_when_a_link_is_gone_it_ends_too(self):
        self.describe("stuck")
        job = self.job("run.sh")
        job.wait_for_day(1)
        self.cut(6)
        since = time.monotonic()
        job.ask_to_stop()
        status = job.end(MOST_SECONDS + 10)
        self.pis.links.mend(6)
        self.assertLess(time.monotonic() - since, MOST_SECONDS + 10)
        self.assertEqual(status, STOPPED, job.said())
        self.assertIn("lost: pi6 does not answer", job.said())

    def test_who_waits_leaves_the_core_alone(self):
        self.describe("waiting")
        plan = self.pis.folder / "stall"
        plan.write_text("meter 5 stalls 45 s at iteration 9\n")
        job = self.job("run.sh", "--", "--fault", plan, "--days", "1")
        cluster.wait(lambda: self.voted_height() >= 8, 300, job.said)
        time.sleep(2)
        ranks = self.ranks()
        height, start = self.voted_height(), time.monotonic()
        before = [processor_seconds(pid) for _, pid in ranks]
        time.sleep(8)
        after = [processor_seconds(pid) for _, pid in ranks]
        shares = [(two - one) / (time.monotonic() - start) for one, two in zip(before, after)]
        self.assertEqual((self.voted_height(), job.process.poll()), (height, None), "it did not wait")
        print("waiting: " + " ".join(f"{100 * share:.2f}" for share in shares) + " % of a core")
        self.assertEqual(len(ranks), 11)
        self.assertLess(max(shares), MOST_PROCESSOR)
        cluster.wait(lambda: "waiting for meters" in job.said(), 40, job.said)
        self.assertRegex(job.said(), "for 3[0-9] s no block: waiting for meters 5 on pi3\n")
        job.ask_to_stop()
        self.assertEqual(job.end(), STOPPED, job.said())


class Boards(PiTest):
    """The paper's 48 boards: 20 validators, a day of 48 prosumers."""

    pis_count, validators = 48, 20
    copied_programs = ("solve", "keygen")  # what a run needs, 48 times over one link
    setup_limit, run_limit = 300, 400  # [s]

    @classmethod
    def community(cls):
        return cls.generated(48, 1)

    def test_a_day(self):
        self.describe("day", options="--traffic day.csv")
        start = time.monotonic()
        said = self.ended("run.sh")
        seconds = time.monotonic() - start
        self.assertIn(self.head_of_a_plain_run(), said)
        report = self.audited(self.archive)
        with open(self.in_home(self.head, "day.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        def total(which, **wanted):
            return sum(int(row[which]) for row in rows if all(row[key] == value for key, value in wanted.items()))
        sent, received = ({host.name: total(which, kind="all", host=host.name) for host in self.pis.hosts}
                          for which in ("bytes_sent", "bytes_received"))
        for kind in ("transaction", "proposal", "block"):
            self.assertEqual(total("bytes_sent", kind=kind), total("bytes_received", kind=kind), kind)
        # Of the last votes and acknowledgements some are on their way when the ranks report.
        self.assertLessEqual(sum(received.values()), sum(sent.values()))
        peaks = [host.memory.peak() or 0 for host in self.pis.hosts]
        print(f"48 boards: set up in {self.setup_seconds:.1f} s, a day in {seconds:.1f} s, {report['blocks']} blocks; a board sent "
              f"{max(sent.values()) / 1e6:.1f} MB and received {max(received.values()) / 1e6:.1f} MB at most, "
              f"{sum(sent.values()) / 1e6:.0f} MB in all; {max(peaks) / 2**20:.0f} MiB of memory at most on a board")
        self.assertLess(max(peaks), cluster.MEMORY)
