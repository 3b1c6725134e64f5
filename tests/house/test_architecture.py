"""The map of the rooms, held against the real imports."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import askdoc

SOURCE = Path(askdoc.__file__).parent

# Each room, and the rooms of askdoc it may import.
ROOMS = {
    "records": "",
    "errors": "",
    "telemetry": "",
    "i18n": "",
    "arrays": "",
    "text": "",
    "question": "records errors i18n caveats text",
    "documents": "records errors",
    "fetching": "errors",
    "importing": "records errors documents fetching caveats",
    "own": "records errors documents embedding index",
    "passages": "records",
    "embedding": "errors arrays",
    "reading": "records errors embedding",
    "lexical": "text",
    "index": "records errors passages embedding lexical text",
    "milvus": "records errors documents passages embedding lexical index caveats text",
    "caveats": "records errors i18n arrays text",
    "feedback": "errors",
    "fragments": "records",
    "answering": "records errors i18n arrays text question passages embedding reading lexical "
    "index caveats fragments",
    "rendering": "records i18n",
    "batch": "records errors index answering rendering",
    "refresh": "records errors documents embedding index caveats",
    "watching": "errors documents index",
    "check": "records errors documents caveats",
    "evaluation": "records errors text question documents embedding passages lexical "
    "index milvus caveats answering refresh",
    "chat": "records errors i18n caveats answering rendering",
    "server": "records errors i18n fetching importing own text question feedback index caveats "
    "answering rendering chat",
    "cli": "*",
}


def modules():
    for file in sorted(SOURCE.rglob("*.py")):
        if file.name != "__init__.py" or file.parent != SOURCE:
            yield file, file.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("askdoc."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.ImportFrom) and node.module == "askdoc":
            yield from (alias.name for alias in node.names)


def real_imports():
    rooms = {}
    for file, room in modules():
        rooms.setdefault(room, set()).update(set(imported_rooms(file)) - {room})
    return rooms


def test_every_room_is_on_the_map():
    assert set(real_imports()) <= set(ROOMS)


def test_a_room_imports_only_what_the_map_allows():
    strays = {
        room: imports - set(ROOMS[room].split())
        for room, imports in real_imports().items()
        if ROOMS.get(room) != "*" and imports - set(ROOMS.get(room, "").split())
    }
    assert strays == {}


def test_no_rooms_import_each_other_in_a_circle():
    assert list(TopologicalSorter(real_imports()).static_order())


def imported_files(file, names):
    """The modules of askdoc that a file imports at its top, for types alone or not."""
    tree = ast.parse(file.read_text())
    blocks = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.If))]
    for node in (node for block in blocks for node in block):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("askdoc"):
            for alias in node.names:
                one = f"{node.module}.{alias.name}"
                yield one if one in names else node.module


def test_no_files_import_each_other_in_a_circle():
    names = {
        ".".join(("askdoc", *file.relative_to(SOURCE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): file
        for file, _ in modules()
    }
    graph = {name: set(imported_files(file, names)) & set(names) for name, file in names.items()}
    assert list(TopologicalSorter(graph).static_order())


def test_each_heavy_library_lives_in_its_room():
    homes = {
        "babel": {"i18n", "server"},
        "faiss": {"index"},
        "httpx": {"fetching", "evaluation"},
        "protego": {"fetching"},
        "pymilvus": {"milvus"},
        "distributed": {"milvus"},
        "bm25s": {"lexical"},
        "sentence_transformers": {"embedding", "answering"},
        "py3langid": {"question"},
        "gradio": {"chat", "server"},
        "typer": {"cli"},
        "ir_measures": {"evaluation"},
        "matplotlib": {"evaluation"},
        "scipy": {"evaluation"},
        "sklearn": {"evaluation"},
    }
    for library, rooms in homes.items():
        pattern = re.compile(rf"^\s*(?:import|from) {library}\b", re.M)
        found = {room for file, room in modules() if pattern.search(file.read_text())}
        assert found <= rooms, library


def test_every_module_says_what_it_owns():
    for file, _ in modules():
        assert ast.get_docstring(ast.parse(file.read_text())), file.name


def test_the_public_names_are_sorted_and_exist():
    assert askdoc.__all__ == sorted(askdoc.__all__)
    assert all(getattr(askdoc, name) is not None for name in askdoc.__all__)
