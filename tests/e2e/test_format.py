"""An archive read by others: h5py, xarray and h5dump know nothing of this project."""

import hashlib
import re
import struct
import subprocess
import unittest

import h5py
import numpy as np
import xarray

from helper import EMBEDDED_WEEK, ROOT, RunTest, decisions, private_of, segments, solve

MOST = 0.60  # of the raw doubles
PAGE = (ROOT / "src" / "archive" / "FORMAT.md").read_text()


def between(text, starts, ends):
    """What stands between two passages, both of which must be there."""
    for passage in (starts, ends):
        if passage not in text:
            raise AssertionError(f"FORMAT.md no longer has '{passage.strip()}' where this test looks for it")
    found, end, _ = text.split(starts, 1)[1].partition(ends)
    if not end:
        raise AssertionError(f"FORMAT.md has no '{ends.strip()}' after '{starts.strip()}'")
    return found


def section(heading):
    """Of the page, up to the next heading."""
    return re.split(r"\n#+ ", between(PAGE + "\n# ", f"## {heading}\n", "\n# "), maxsplit=1)[0]


def axes_of(*headings):
    """Of every dataset in the tables of these sections: its path and axes."""
    rows = (row for heading in headings
            for row in re.findall(r"^\| /(\S+) \| \w+ \| ([\w, ]+) \|", section(heading), re.MULTILINE))
    return {path: axes.split(", ") for path, axes in rows}


class OtherReaders(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.collapsed = cls.solved("collapsed", EMBEDDED_WEEK, "--days", "1", "--rho", "108")
        cls.pairwise = cls.solved("pairwise", EMBEDDED_WEEK, "--days", "1", "--form", "pairwise")

    def groups(self, path):
        with h5py.File(path, "r") as file:
            return ["/", *(name for name, item in file.items() if isinstance(item, h5py.Group))]

    def test_every_group_opens_with_xarray(self):
        private = sorted(private_of(self.collapsed).glob("meter-*.h5"))
        for path in [segments(self.collapsed)[0], segments(self.pairwise)[0], private[0]]:
            for group in self.groups(path):
                with xarray.open_dataset(path, engine="h5netcdf", group=group,
                                         phony_dims="sort") as dataset:
                    dataset.load()
                    for name, array in dataset.data_vars.items():
                        self.assertIn("long_name", array.attrs, f"{path.name}: {group}/{name}")

    def test_axes_have_the_names_and_numbers_of_their_scales(self):
        path = segments(self.collapsed)[0]
        with xarray.open_dataset(path, engine="h5netcdf") as root, \
                xarray.open_dataset(path, engine="h5netcdf", group="trading") as trading:
            self.assertEqual(trading.decision.dims, ("prosumer", "slot", "kept"))
            self.assertEqual(root.kept.values.tolist(), root.iteration.values.tolist())
            self.assertEqual(len(root.kept), trading.sizes["kept"])

    def test_h5dump_prints_what_h5py_reads(self):
        path = segments(self.collapsed)[0]
        printed = subprocess.run(["h5dump", "-y", "-w", "1", "-d", "/result/bill", path],
                                 capture_output=True, text=True, check=True).stdout
        found = re.search(r"DATA \{(.*?)\}", printed, re.DOTALL)[1].replace(",", " ").split()
        with h5py.File(path, "r") as file:
            self.assertEqual([int(number) for number in found], file["result/bill"][()].tolist())

    def test_example_of_the_page_decodes_what_was_decided(self):
        """With rho fixed a day's prices follow from its last decisions (model.md 3 b)."""
        page = (ROOT / "postprocess" / "README.md").read_text()
        example = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
        path = segments(self.collapsed)[0]
        example, replaced = re.subn(r'"results/[^"]*"', repr(str(path)), example)
        self.assertEqual(replaced, 1)
        names = {}
        exec(example, names)  # noqa: S102  (the project's own page)
        theta = names["theta"][:, :, -1]
        with h5py.File(path, "r") as file:
            pairs = zip(file["arc_from"][()], file["arc_to"][()])
            for price, (u, v) in zip(file["result/price"][()], pairs, strict=True):
                np.testing.assert_allclose(price, -108 / 2 * (theta[u] + theta[v]), rtol=1e-14)
        np.testing.assert_array_equal(names["theta"], np.moveaxis(decisions(self.collapsed)[0], 0, -1))

    def test_iterates_take_less_than_the_bar(self):
        for archive in (self.collapsed, self.pairwise):
            with h5py.File(segments(archive)[0], "r") as file:
                dataset = file["trading/decision"]
                share = dataset.id.get_storage_size() / dataset.nbytes
            print(f"\n{archive.name}: iterates take {100 * share:.1f} % of the raw doubles")
            self.assertLess(share, MOST)


class Page(RunTest):
    """What FORMAT.md says beyond its tables of datasets, which tests/archive/test_format.cpp holds against files."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        few = ("--days", "1", "--gap", "0.1")
        cls.archive = cls.solved("archive", EMBEDDED_WEEK, *few)
        cls.pairwise = cls.solved("pairwise", EMBEDDED_WEEK, *few, "--form", "pairwise")
        cls.thinned = cls.solved("thinned", EMBEDDED_WEEK, *few, "--iterates", "final", "--private", "merged")
        community = cls.generated(142, 1)  # 142 · 141 arcs are more than 20,000
        cls.large, cls.large_pairwise = (
            cls.solved(f"large-{form}", community, *few, "--meters", "4", "--form", form)
            for form in ("collapsed", "pairwise"))

    def attributes(self, heading, starts, ends):
        return set(re.findall(r"`([a-z_]+)`", between(section(heading), starts, ends)))

    def test_attributes_of_files(self):
        of_all = self.attributes("Segment", "Attributes of the file:", "With more than 20,000 arcs")
        of_large = of_all | self.attributes("Segment", "With more than 20,000 arcs", "Every dataset")
        private = self.attributes("Private file", "attributes", "While the run goes on")
        merged = private - self.attributes("Merged", "without the attribute", ",")
        self.assertEqual((of_large - of_all, private - merged), ({"pairs"}, {"meter"}))
        listed = {
            segments(self.archive)[0]: of_all,
            segments(self.pairwise)[0]: of_all,
            segments(self.thinned)[0]: of_all,
            segments(self.large)[0]: of_large,
            segments(self.large_pairwise)[0]: of_large,
            private_of(self.archive) / "meter-00000.h5": private,
            private_of(self.thinned) / "all-meters.h5": merged,
        }
        for path, expected in listed.items():
            with self.subTest(path.parent.name), h5py.File(path, "r") as file:
                self.assertEqual(set(file.attrs), expected)
        with h5py.File(segments(self.archive)[0], "r") as file:
            version = re.search(r"`format_version` (\d+)", section("Segment"))[1]
            self.assertEqual(int(file.attrs["format_version"]), int(version))

    def test_attributes_of_datasets(self):
        of_segment, of_private = axes_of("HDF5"), axes_of("Private file")
        self.assertEqual((len(of_segment) > 50, len(of_private) > 20), (True, True))
        listed = {
            segments(self.archive)[0]: of_segment,
            segments(self.pairwise)[0]: of_segment | {"trading/decision": ["arc", "slot", "kept"],
                                                      "carried/iterate": ["part", "arc", "slot"]},
            segments(self.thinned)[0]: of_segment,
            segments(self.large)[0]: of_segment,
            private_of(self.archive) / "meter-00000.h5": of_private,
            private_of(self.thinned) / "all-meters.h5": of_private | axes_of("Merged"),
        }
        for path, axes in listed.items():
            with self.subTest(path.parent.name):
                self.assertEqual(self.attributes_of_datasets(path), self.expected_of_datasets(path, axes))

    def attributes_of_datasets(self, path):
        found = {}

        def note(name, item):
            if isinstance(item, h5py.Dataset):
                found[name] = set(item.attrs)

        with h5py.File(path, "r") as file:
            file.visititems(note)
        return found

    def expected_of_datasets(self, path, axes):
        """As the page says; of the datasets in its tables that this file has."""
        there = {name: own for name, own in axes.items() if name in self.attributes_of_datasets(path)}
        scales = {name for name, own in there.items() if own == [name]}
        linked = {name: own for name, own in there.items() if name not in scales and scales.issuperset(own)}
        used = {axis for own in linked.values() for axis in own}
        expected = {}
        for name in there:
            expected[name] = {"units", "long_name"} | ({"decoding"} if name == "trading/decision" else set())
            expected[name] |= {"CLASS", "NAME"} if name in scales else set()
            expected[name] |= {"REFERENCE_LIST"} if name in used else set()
            expected[name] |= {"DIMENSION_LIST"} if name in linked else set()
        return expected

    def test_large_communities_leave_pairs_out(self):
        left_out = between(section("HDF5"), "With more than 20,000 arcs", "are left out")
        arcs, results = (set(re.findall(r"/([\w/]+)", text))
                         for text in left_out.split("(unless the form is pairwise)"))
        self.assertEqual((arcs, results), ({"arc", "arc_from", "arc_to"}, {"result/trade", "result/price"}))
        for archive, absent in ((self.large, arcs | results), (self.large_pairwise, results)):
            datasets = set(self.attributes_of_datasets(segments(archive)[0]))
            self.assertEqual(set(axes_of("HDF5")) - datasets, absent)
            with h5py.File(segments(archive)[0], "r") as file:
                self.assertTrue(file.attrs["pairs"].decode().startswith("not listed: "))

    def test_frames_of_a_journal(self):
        """Decoded by what the page says alone, from a run that halted in its first day."""
        plan = self.folder / "plan"
        plan.write_text("meter 5 signs with a foreign key at iteration 7 of day 0\n")
        archive = self.folder / "halted"
        self.assertEqual(solve(EMBEDDED_WEEK, archive, "--fault", plan, "--quiet").status, 4)
        told = section("Journal")
        self.assertIn("length of the payload u32 | type u8 | synced u64 | payload | SHA-256 of all four", told)
        version = int(re.search(r"version u32 \((\d+)\)", told)[1])
        types = {int(number): what for number, what in re.findall(r"^\| (\d) (\w+)", told, re.MULTILINE)}
        self.assertEqual(types, {1: "header", 2: "block", 3: "evidence"})
        content = (archive / "journal-0000").read_bytes()
        at, found, synced = 0, [], 0
        while at < len(content):
            length, kind, durable = struct.unpack_from("<IBQ", content, at)
            payload = content[at + 13:at + 13 + length]
            end = at + 13 + length
            self.assertEqual(hashlib.sha256(content[at:end]).digest(), content[end:end + 32])
            self.assertLessEqual(synced, durable)
            self.assertLessEqual(durable, at)
            found.append((types[kind], payload))
            at, synced = end + 32, durable
        self.assertEqual([what for what, _ in found], ["header"] + 6 * ["block"] + ["evidence"])
        header = found[0][1]
        self.assertEqual(len(header), 4 + 32 + 8)
        self.assertEqual(struct.unpack_from("<I", header)[0], version)
        self.assertEqual(header[4:36], hashlib.sha256((archive / "genesis.bin").read_bytes()).digest())
        self.assertEqual(struct.unpack_from("<Q", header, 36)[0], 1)
        self.assertTrue(all(struct.unpack_from("<d", payload)[0] > 1.7e9 for what, payload in found if what == "block"))

    def test_lines_of_a_manifest(self):
        archive = self.solved("manifest", EMBEDDED_WEEK, "--days", "2", "--gap", "0.1")
        forms = [line.split("  ")[0] for line in re.findall(r"^    (\w.*)$", section("Manifest"), re.MULTILINE)]
        words = [form.split(" ")[0] for form in forms]
        lines = (archive / "manifest").read_text().splitlines()
        self.assertEqual(lines[0], forms[0])
        self.assertEqual([line.split(" ")[0] for line in lines],
                         [word for word in words for _ in range(2 if word == "segment" else 1)])
        for line in lines:
            if line.startswith("segment "):
                _, name, digest, _, _ = line.split(" ")
                self.assertEqual(hashlib.sha256((archive / name).read_bytes()).hexdigest(), digest)


if __name__ == "__main__":
    unittest.main()
