"""The map of the rooms, held against the real imports."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import askdoc

SOURCE = Path(askdoc.__file__).parent

# Each room, and the rooms of askdoc it may import.
ROOMS = {
    "records": "",
    "errors": "",
    "i18n": "resources",
    "resources": "",
    "text": "resources",
    "question": "records errors i18n resources embedding caveats text",
    "documents": "records errors",
    "fetching": "errors",
    "importing": "records errors documents fetching caveats",
    "own": "records errors i18n documents embedding index",
    "passages": "records",
    "embedding": "errors resources text",
    "reading": "records errors resources embedding",
    "lexical": "text",
    "index": "records errors passages embedding lexical text",
    "milvus": "records errors resources documents passages embedding lexical index caveats text",
    "caveats": "records errors i18n resources text",
    "feedback": "errors",
    "fragments": "records",
    "answering": "records errors i18n resources text question passages embedding reading lexical "
    "index caveats fragments",
    "rendering": "records i18n",
    "batch": "records errors index answering rendering",
    "refresh": "records errors documents embedding index caveats",
    "check": "records errors documents caveats",
    "evaluation": "records errors text question documents embedding passages lexical "
    "index milvus caveats answering refresh",
    "chat": "records errors i18n text question caveats answering rendering",
    "server": "records errors i18n documents fetching importing own text question feedback index "
    "caveats answering rendering chat",
    "cli": "*",
}

# Each cache, and why what it holds is not made again.
CACHES = {
    "answering.screening._derived": "catalogues' examples are encoded once for an index",
    "answering.screening._parsed": "a catalogue is parsed once, not with each question",
    "caveats.claims._located": "claims are found once in an article, not with each question",
    "caveats.locating._folded": "an article is folded once for all claims that are sought in it",
    "caveats.matcher._cached_word": "a conversation is read as a whole, and again at each turn",
    "embedding.by_onnx._cached": "earlier messages of a conversation come with each question",
    "embedding.by_torch._cached": "the same, by torch",
    "embedding.load._load": "a model takes a second to load",
    "index.library._kept": "a passage that is found often is parsed once",
    "index.search.embedder": "the model is loaded and verified when it is first needed",
    "lexical._neighbours": "spelling, search and abstention ask for the same words",
    "milvus.store._cached": "each row would be another call over the network",
    "milvus.store.lexical": "each question needs the words of the whole build",
    "resources._made": "what ships with askdoc is read and made once",
    "server.service._answer": "what many click on is answered once",
}
CACHE_TYPES = {"cache", "cached_property", "lru_cache", "LRUCache", "WeakKeyDictionary"}


def name_of(file):
    """The dotted name under which a file of askdoc is imported."""
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(("askdoc", *parts)).removesuffix(".__init__")


TREES = {name_of(file): ast.parse(file.read_text()) for file in sorted(SOURCE.rglob("*.py"))}
"""Each module of askdoc, parsed."""


def statements(tree):
    """Each statement of a module, however deep; much faster than walking the expressions too."""
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for node in getattr(tree, block, ()):
            yield node
            yield from statements(node)


def imports(tree):
    """Each (module, name) that is imported from askdoc, at the top or inside a function."""
    for node in statements(tree):
        if isinstance(node, ast.Import):
            yield from ((a.name, "") for a in node.names if a.name.split(".")[0] == "askdoc")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "askdoc":
            yield from ((node.module, alias.name) for alias in node.names)


def imported_module(module, name, known):
    """`from askdoc.index import search` is the module `askdoc.index.search`, if there is one."""
    return one if (one := f"{module}.{name}") in known else module


def room_of(module):
    """`askdoc.index` of `askdoc.index.search`; of `askdoc` itself, the same."""
    return ".".join(module.split(".")[:2])


def rooms():
    """Each room but `askdoc` itself, and the rooms that it imports."""
    graph = {}
    for module, tree in TREES.items():
        found = {room_of(imported_module(*one, TREES)) for one in imports(tree)}
        graph.setdefault(room_of(module), set()).update(found - {room_of(module), "askdoc"})
    del graph["askdoc"]
    return {
        room.removeprefix("askdoc."): {other.removeprefix("askdoc.") for other in found}
        for room, found in graph.items()
    }


def test_the_map_has_the_rooms_there_are():
    assert set(rooms()) == set(ROOMS)


def test_a_room_imports_only_what_the_map_allows():
    strays = {
        room: found - set(ROOMS[room].split())
        for room, found in rooms().items()
        if ROOMS.get(room, "*") != "*" and found - set(ROOMS[room].split())
    }
    assert strays == {}


def test_no_rooms_import_each_other_in_a_circle():
    assert list(TopologicalSorter(rooms()).static_order())


def file_graph(trees):
    """Each module, and those that it imports anywhere, for types alone or not."""
    return {
        module: {imported_module(*one, trees) for one in imports(tree)} - {module}
        for module, tree in trees.items()
    }


def test_no_files_import_each_other_in_a_circle():
    assert list(TopologicalSorter(file_graph(TREES)).static_order())


def exported(tree):
    """The names in the `__all__` of a module."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def past_the_door(trees):
    """What is imported although it is private, or from inside a room that exports it."""
    offers = {module: exported(tree) for module, tree in trees.items()}
    for module, tree in trees.items():
        for source, name in imports(tree):
            private = name.startswith("_") and (source, name) != ("askdoc.i18n", "_")
            room = room_of(source)
            offered = room != source and name in offers.get(room, ())
            if private or (offered and room_of(module) != room):
                yield f"{module}: from {source} import {name}"


def private_attributes(trees):
    """What is taken as `module._name` of a module of askdoc."""
    for module, tree in trees.items():
        known = {name for one, name in imports(tree) if f"{one}.{name}" in trees}
        for node in ast.walk(tree) if known else ():
            if (
                isinstance(node, ast.Attribute)
                and getattr(node.value, "id", "") in known
                and node.attr.startswith("_")
                and not node.attr.startswith("__")
            ):
                yield f"{module}: {node.value.id}.{node.attr}"


def test_no_file_imports_past_a_rooms_door():
    assert [*past_the_door(TREES), *private_attributes(TREES)] == []


@pytest.mark.parametrize(
    "line",
    [
        "from askdoc.index.search import _private",
        "from askdoc.index.search import find",
        "def later():\n    from askdoc.index.search import find",
        "from askdoc.index import search\nsearch._private()",
    ],
)
def test_what_goes_past_a_door_is_found(line):
    inner = ast.parse("from askdoc.index.search import find\n__all__ = ['find']")
    trees = {"askdoc.index": inner, "askdoc.index.search": ast.parse("")}
    assert not [*past_the_door(trees), *private_attributes(trees)]
    trees["askdoc.answering.ask"] = ast.parse(line)
    assert [*past_the_door(trees), *private_attributes(trees)]


def test_a_circle_of_files_is_found_wherever_the_import_stands():
    late = ast.parse("def later():\n    from askdoc.index import one")
    trees = {"askdoc.index.one": ast.parse("import askdoc.index.two"), "askdoc.index.two": late}
    with pytest.raises(CycleError):
        TopologicalSorter(file_graph(trees)).prepare()


def called(node):
    """The name at the root of an expression: `lru_cache` of `lru_cache(8)(read)`."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, "id", "")


def caches(module, tree):
    """The dotted name of each cache: a function with one, or what one is assigned to."""
    for node in statements(tree):
        names = map(called, getattr(node, "decorator_list", ()))
        if isinstance(node, ast.FunctionDef) and not CACHE_TYPES.isdisjoint(names):
            yield f"{module}.{node.name}"
        if isinstance(node, ast.Assign | ast.AnnAssign) and called(node.value) in CACHE_TYPES:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield f"{module}.{ast.unparse(target).removeprefix('self.')}"


def test_there_are_few_caches_and_each_has_a_reason():
    found = {name for module, tree in TREES.items() for name in caches(module, tree)}
    assert {name.removeprefix("askdoc.") for name in found} == set(CACHES)
    assert len(CACHES) <= 15


def test_each_name_that_a_room_exports_is_used_outside_it():
    offered = {
        (module, name)
        for module, tree in TREES.items()
        for name in exported(tree)
        if "." in module and f"{module}.{name}" not in TREES
    }
    folders = ("src", "tests", "training", "benchmarks", "evals", "docs")
    files = [file for one in folders for file in (SOURCE.parents[1] / one).rglob("*.py")]
    texts = {file: file.read_text() for file in files}
    for file, text in texts.items():
        offered -= {
            (module, name)
            for module, name in imports(ast.parse(text))
            if not file.is_relative_to(SOURCE / module.partition(".")[2])
        }
    code = "".join(texts.values())
    unused = {one for one in offered if ".".join(one).partition(".")[2] not in code}
    assert unused == set()


def test_each_heavy_library_lives_in_its_room():
    homes = {
        "babel": {"i18n", "server"},
        "faiss": {"index"},
        "httpx": {"fetching", "evaluation"},
        "protego": {"fetching"},
        "pymilvus": {"milvus"},
        "distributed": {"milvus"},
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
        found = {
            file.relative_to(SOURCE).parts[0].removesuffix(".py")
            for file in SOURCE.rglob("*.py")
            if pattern.search(file.read_text())
        }
        assert found <= rooms, library


def test_every_module_says_what_it_owns():
    assert [module for module, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_the_public_names_are_sorted_and_exist():
    assert askdoc.__all__ == sorted(askdoc.__all__)
    assert all(getattr(askdoc, name) is not None for name in askdoc.__all__)
