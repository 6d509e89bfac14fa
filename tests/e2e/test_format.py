"""An archive read by others: h5py, xarray and h5dump know nothing of this project."""

import re
import subprocess
import unittest

import h5py
import numpy as np
import xarray

from helper import EMBEDDED_WEEK, ROOT, RunTest, decisions, private_of, segments

MOST = 0.60  # of the raw doubles


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


if __name__ == "__main__":
    unittest.main()
