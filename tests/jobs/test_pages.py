"""The pages for users: what each folder of jobs/ must say, links that lead somewhere, a README of one page."""

import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = ["First run", "What to edit", "How to read the outcome", "What to do when it fails",
            "To hand an archive to an auditor"]
LINES_OF_A_PAGE = 90


def pages():
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "apps/README.md",
            *(page for folder in ("apps", "bench", "inputs", "jobs", "postprocess", "src", "tests")
              for page in (ROOT / folder).rglob("*.md"))]


def anchor(heading):
    """As GitHub makes it."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", ""))
    return kept.replace(" ", "-")


class Pages(unittest.TestCase):
    def test_each_folder_of_jobs_has_all_sections(self):
        folders = [each for each in (ROOT / "jobs").iterdir() if each.is_dir() and each.name != "__pycache__"]
        self.assertGreaterEqual(len(folders), 5)
        for folder in folders:
            headings = [line[3:].strip() for line in (folder / "README.md").read_text().splitlines()
                        if line.startswith("## ")]
            for section in SECTIONS:
                with self.subTest(folder=folder.name, section=section):
                    self.assertIn(section, headings)

    def test_readme_keeps_to_one_page(self):
        self.assertLessEqual(len((ROOT / "README.md").read_text().splitlines()), LINES_OF_A_PAGE)

    def test_links_lead_somewhere(self):
        links = 0
        for page in pages():
            for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
                if "://" in target:
                    continue
                links += 1
                path, _, place = target.partition("#")
                leads_to = (page.parent / path).resolve() if path else page
                with self.subTest(page=page.relative_to(ROOT), target=target):
                    self.assertTrue(leads_to.exists())
                    if place:
                        headings = re.findall(r"^#+ (.*)$", leads_to.read_text(), re.MULTILINE)
                        self.assertIn(place, [anchor(each) for each in headings])
        self.assertGreater(links, 40)

    def test_each_program_is_on_its_page(self):
        page = (ROOT / "apps/README.md").read_text()
        sources = [each for each in (ROOT / "apps").glob("*.cpp")]
        self.assertGreaterEqual(len(sources), 10)
        for source in sources:
            with self.subTest(program=source.stem):
                self.assertIn(f"| `gridtally-{source.stem.replace('_', '-')}` |", page)

    def test_scripts_that_pages_name_are_there(self):
        named = set()
        for page in pages():
            if page.name == "CHANGELOG.md":
                continue
            named |= set(re.findall(r"(?<![\w/.])((?:jobs|tests)/[\w/-]+\.(?:sh|sbatch|py))", page.read_text()))
        self.assertGreater(len(named), 15)
        for script in sorted(named):
            with self.subTest(script=script):
                self.assertTrue((ROOT / script).exists())

    def test_scripts_say_what_they_are(self):
        scripts = [path for path in (ROOT / "jobs").rglob("*.sh")]
        self.assertGreaterEqual(len(scripts), 10)
        for script in scripts:
            with self.subTest(script=script.relative_to(ROOT)):
                self.assertEqual(subprocess.run(["bash", "-n", script], check=False).returncode, 0)
                first = script.read_text().splitlines()[:2]
                self.assertTrue(any(line.startswith("# ") for line in first))


if __name__ == "__main__":
    unittest.main()
