"""Private data stays with who owns it: a rank has no more than the private part of its own homes, and the run is that of ranks
that have everyone's."""

import shutil
import unittest

from helper import Ended, private_of, run, solve
from interrupted import Interrupted, Life

RANKS = 3
HOMES_OF_RANK = ([], [0, 1], [2, 3])  # with --validator-ranks 1
# Each rank takes the folders that end in its number.
STARTER = ("bash", "-c", 'exec "$0" "${@//@RANK/$OMPI_COMM_WORLD_RANK}"')


def keep_private_part(folder, homes):
    """Of other homes the folder keeps what is public."""
    header, *rows = (folder / "prosumers.csv").read_text().splitlines()
    names = [row.split(",")[0] for row in rows]
    rows = [row if u in homes else names[u] + "," * header.count(",") for u, row in enumerate(rows)]
    (folder / "prosumers.csv").write_text("\n".join([header, *rows]) + "\n")
    header, *rows = (folder / "profiles.csv").read_text().splitlines()
    kept = {names[u] for u in homes}
    rows = [row for row in rows if row.split(",")[0] in kept]
    (folder / "profiles.csv").write_text("\n".join([header, *rows]) + "\n")
    return names


class Homes(Interrupted):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for rank, homes in enumerate(HOMES_OF_RANK):
            cls.part(f"apart-{rank}", homes)
            homes_folder = cls.part(f"homes-{rank}", homes)
            for file in ("community.cfg", "tariff.csv"):
                (homes_folder / file).unlink()
        shutil.rmtree(cls.folder / "homes-0")  # a rank without meters needs none
        cls.names = keep_private_part(cls.part("public", []), [])
        cls.whole, _ = cls.clean("whole", ranks=RANKS)

    @classmethod
    def part(cls, name, homes):
        folder = cls.folder / name
        shutil.copytree(cls.community, folder)
        keep_private_part(folder, homes)
        return folder

    def begun(self, *arguments, ranks=RANKS):
        return Life(*arguments, "--keys", self.key_folder, "--validator-ranks", "1", "--quiet",
                    ranks=ranks, starter=STARTER)

    def ended(self, *arguments, **settings):
        life = self.begun(*arguments, **settings)
        return Ended(life.end(), life.out, life.err)

    def test_each_rank_has_its_own_homes_alone(self):
        archive = self.folder / "apart"
        ended = self.ended(self.folder / "apart-@RANK", "--output", archive)
        self.assertEqual(ended.status, 0, ended.err)
        self.assert_same(self.whole, archive)
        self.assert_sound(archive)

    def test_each_rank_has_a_folder_of_its_own_homes(self):
        archive = self.folder / "public-and-homes"
        ended = self.ended(self.folder / "public", "--homes", self.folder / "homes-@RANK", "--output", archive)
        self.assertEqual(ended.status, 0, ended.err)
        self.assert_same(self.whole, archive)

    def test_such_a_run_goes_on(self):
        archive = self.folder / "killed"
        life = self.begun(self.folder / "apart-@RANK", "--output", archive)
        self.wait_for_blocks(archive)
        life.kill()
        ended = self.ended(self.folder / "apart-@RANK", "--resume", archive)
        self.assertEqual(ended.status, 0, ended.err)
        self.assert_same(self.whole, archive)

    def test_the_folder_of_homes_is_kept_for_a_run_that_goes_on(self):
        archive = self.folder / "killed-homes"
        life = Life(self.folder / "public", "--homes", self.homes_of_all(), "--output", archive, "--keys",
                    self.key_folder, "--quiet", ranks=RANKS)
        self.wait_for_blocks(archive)
        life.kill()
        self.resumed(archive, ranks=2)
        self.assert_same(self.whole, archive)

    def homes_of_all(self):
        folder = self.folder / "homes-of-all"
        if not folder.exists():
            folder.mkdir(mode=0o700)
            for file in ("prosumers.csv", "profiles.csv"):
                shutil.copy(self.community / file, folder)
        return folder

    def assert_refused(self, ended, *parts):
        self.assertEqual(ended.status, 2, ended.err)
        for words in parts:
            self.assertEqual(sum(words in message for message in ended.messages), 1, f"{words}\n{ended.err}")
        self.assertEqual(len(ended.messages), len(parts), ended.err)

    def test_each_home_that_is_missing_is_named(self):
        archive = self.folder / "missing"
        ended = self.ended(self.folder / "public", "--homes", self.folder / "homes-1", "--output", archive)
        missing = ", ".join(f"{self.names[u]} (meter {u})" for u in (2, 3))
        self.assert_refused(ended, f"rank 2 lacks the private part of prosumers {missing}; put")
        self.assertIn(f"'{self.folder / 'homes-1'}' (--homes)", ended.err)
        ended = solve(self.folder / "public", archive, "--homes", self.folder / "nowhere")
        self.assert_refused(ended, f"rank 0 lacks the private part of prosumers {self.names[0]} (meter 0), ")
        self.assertIn(f"'{self.folder / 'nowhere'}' (--homes), which does not exist", ended.err)
        self.assertFalse(archive.exists())
        self.assertFalse(private_of(archive).exists())

    def test_a_home_that_is_given_twice_is_named(self):
        ended = self.ended(self.community, "--homes", self.folder / "homes-@RANK", "--output", self.folder / "twice")
        self.assert_refused(ended, *(f"prosumer {name}: the home's private part is here and" for name in self.names))

    def test_programs_that_need_all_homes_say_so(self):
        for name in ("reference", "scale", "preflight"):
            with self.subTest(name):
                ended = run(name, self.folder / "apart-1")
                self.assert_refused(ended, f"no numbers of {self.names[2]}, {self.names[3]}: ")


if __name__ == "__main__":
    unittest.main()
