"""The bundle of ES modules."""

import json
import re
import shutil
import subprocess

import pytest

from app.delivery.bundle import WEB, Bundle, NotLinked, linked

FILES = {
    "a.js": 'import whole, { two as second, three } from "./in/b.js";\nimport * as c from "./c.js";\n'
    "export const sum = whole() + second + three + c.one;\n"
    'export const later = () => import("./in/d.js");\n',
    "in/b.js": 'import {\n  one,\n} from "../c.js";\nexport const two = 2 * one;\nexport const three = 3 * one;\n'
    "class Whole {}\nexport function make() {\n  return new Whole();\n}\n"
    "const whole = () => 10;\nexport default whole;\n",
    "c.js": "const one = 1;\nexport { one };\n",
    "in/d.js": 'export { one as again } from "../c.js";\nexport async function* each() {\n  yield 1;\n}\n'
    'export class D {\n  text = `\n  import nothing from "nowhere";\n`;\n}\n',
    "page.js": "window.it = 1;\n",
}


def _folder(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_linked_modules_do_what_they_do_alone(tmp_path):
    """Every way to import and export that app/web/ uses, with values from one module in another."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node found: the browser tests run the bundle of app/web/")
    (tmp_path / "bundle.mjs").write_text(linked(_folder(tmp_path, FILES)), encoding="utf-8")
    ask = """import { modules as m } from "./bundle.mjs";
    const d = await m["a.js"].later();
    console.log(JSON.stringify([m["a.js"].sum, d.again, Object.keys(m["in/b.js"]), d.each.name, new d.D().text,
      m["in/b.js"].make().constructor.name, Object.keys(m)]));"""
    (tmp_path / "ask.mjs").write_text(ask, encoding="utf-8")
    said = json.loads(
        subprocess.run([node, "ask.mjs"], cwd=tmp_path, capture_output=True, check=True, timeout=60).stdout
    )
    total, again, names, each, text, made, modules = said
    assert total == 10 + 2 + 3 + 1 and again == 1 and each == "each" and made == "Whole"
    assert sorted(names) == ["default", "make", "three", "two"]
    assert 'import nothing from "nowhere"' in text
    assert sorted(modules) == ["a.js", "c.js", "in/b.js", "in/d.js"]  # page.js is a script of the page


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.js": 'import "./b.js";\nexport const x = 1;\n'}, "no import or export that is known"),
        ({"a.js": "export let x = 1;\n"}, "no import or export that is known"),
        ({"a.js": "export const x = import.meta.url;\n"}, "no import or export that is known"),
        ({"a.js": 'import { y } from "./gone.js";\nexport const x = y;\n'}, "gone.js, which is no module"),
        (
            {
                "a.js": 'import { b } from "./b.js";\nexport const a = 1;\n',
                "b.js": 'import { a } from "./a.js";\nexport const b = 1;\n',
            },
            "in a circle",
        ),
    ],
)
def test_what_cannot_be_linked_is_named(tmp_path, files, words):
    with pytest.raises(NotLinked, match=words):
        linked(_folder(tmp_path, files))


def test_the_bundle_has_every_module_of_the_web_folder_and_lines_where_they_were():
    text = linked(WEB)
    modules = {p.relative_to(WEB).as_posix(): p for p in WEB.rglob("*.js")}
    for name, path in modules.items():
        own = path.read_text(encoding="utf-8")
        assert (f'modules["{name}"] = ' in text) == bool(re.search(r"^export\b", own, re.M)), name
    body = text.split('modules["stage/stage.js"] = ')[1].split("\n")
    own = (WEB / "stage" / "stage.js").read_text(encoding="utf-8").split("\n")
    line = next(i for i, text in enumerate(own) if "class Stage" in text)
    assert "class Stage" in body[line + 1]  # a line below, for the head of the function around it


def test_a_changed_file_gives_another_name_and_an_unchanged_one_the_same(tmp_path):
    folder = _folder(tmp_path, FILES)
    first = Bundle(folder).name
    assert Bundle(folder).name == first and re.fullmatch(r"saddle\.[0-9a-f]{16}\.js", first)
    (folder / "c.js").write_text("export const one = 2;\n", encoding="utf-8")
    assert Bundle(folder).name != first
