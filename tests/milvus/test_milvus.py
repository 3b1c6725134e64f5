"""The same index on Milvus: what it finds, how it is filled, what it does when it is away."""

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from askdoc import ask, build_index
from askdoc.errors import AskdocError, DocumentError, QuestionError, StoreAwayError, StoreError
from askdoc.evaluation import evaluate
from askdoc.index import Fusion
from askdoc.milvus import ingest, ingest_documents, open_store
from askdoc.milvus.client import Address, Client
from askdoc.milvus.live import builds, live_head
from askdoc.milvus.rows import open_executor, rows_of
from askdoc.milvus.schema import Build
from classifiers import network
from fakes import BOTH, CATALOGUE, CATS, TokenWordEmbedder, WordEmbedder, animals, document
from judged import beir  # noqa: F401
from waiting import becomes

DOGS = "# Dogs\n\nDogs bark at night. They can't meow. A dog eats 7,000 mg of meat.\n"
QUERIES = ["when do cats hunt?", "can't dogs meow 7,000", "milk upsetts cats", "zzz", "meat"]
SERVER = os.environ.get("ASKDOC_TEST_STORE", "")


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    """One file for the module: opening one takes a second."""
    return str(tmp_path_factory.mktemp("milvus") / "store.db")


@pytest.fixture(
    params=["lite", pytest.param("server", marks=pytest.mark.milvus_server)],
)
def address(request, lite):
    """A store with nothing in it, under a name of its own."""
    if request.param == "server" and not SERVER:
        pytest.skip("ASKDOC_TEST_STORE names no server")
    at = f"{SERVER if request.param == 'server' else lite}#t{uuid.uuid4().hex[:12]}"
    yield at
    client = Client(Address.parse(at))
    name = client.address.name
    if client.call("has_collection", name):
        client.call("drop_alias", name)
    for build in builds(client):
        for collection in build.collections:
            client.call("drop_collection", collection)
    client.close()


@pytest.fixture(autouse=True)
def words_model(monkeypatch):
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda model=None: WordEmbedder())
    monkeypatch.setattr(
        "askdoc.milvus.ingestion.prepare_embedder", lambda model: (WordEmbedder(), "")
    )
    monkeypatch.setattr("askdoc.milvus.rows.load_embedder", lambda model=None: WordEmbedder())


def pets():
    return [document(CATS), document(DOGS, id='do"gs', title="Dogs")]


EXAMPLES = CATALOGUE.replace(
    'fires = ["milk"]', 'fires = ["milk"]\nexamples = ["is cream bad for cats?"]'
)


def classifier(fingerprint):
    """The text of a classifier fitted to a model, longer than a field of Milvus."""
    data = json.loads(network().to_json()) | {"fingerprint": fingerprint, "more": "x" * 70_000}
    return json.dumps(data)


def fill(address, documents, embedder=None, **more):
    more = {"grace": 0} | more
    return ingest_documents(lambda: documents, address, embedder=embedder or WordEmbedder(), **more)


def found(index, query, **more):
    return [
        (hit.passage, pytest.approx(hit.score, abs=1e-5)) for hit in index.search(query, **more)
    ]


def keys_in(address):
    """The keys of every row of the live build's passages and sentences."""
    client = Client(Address.parse(address))
    build = Build(client.address.name, live_head(client).mark)
    try:
        return {
            row["key"]
            for collection in (build.passages, build.sentences)
            for row in client.iterate(collection, 'key != ""', [])
        }
    finally:
        client.close()


def test_it_finds_what_the_folder_finds_with_the_same_scores(address):
    fill(address, pets())
    there, here = open_store(address), build_index(pets(), embedder=WordEmbedder())
    for query in QUERIES:
        assert found(there, query) == found(here, query), query


def test_many_passages_give_the_same_hits_as_the_folder(address):
    documents = animals(150)
    fill(address, documents)
    there, here = open_store(address), build_index(documents, embedder=WordEmbedder())
    few = Fusion(candidates=30)
    for query in ("animal 12", "food 3 at 4", "animal 149 food 2"):
        ours, theirs = there.search(query, 5, fusion=few), here.search(query, 5, fusion=few)
        assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs], abs=1e-5)


def test_tokens_are_compared_as_in_the_folder(address, monkeypatch):
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda model=None: TokenWordEmbedder())
    fill(address, pets(), TokenWordEmbedder())
    there, here = open_store(address), build_index(pets(), embedder=TokenWordEmbedder())
    for query in QUERIES:
        assert found(there, query) == found(here, query), query
        assert there.search(query)[0].signals.maxsim == here.search(query)[0].signals.maxsim


def test_an_answer_is_the_same_word_for_word_with_its_caveats(address):
    documents = [document(BOTH, catalogue=CATALOGUE), *animals(3)]
    fill(address, documents)
    there, here = open_store(address), build_index(documents, embedder=WordEmbedder())
    for question in ("is milk good for cats?", "how long do cats sleep?", "what of quantum foam?"):
        ours, theirs = ask(there, question), ask(here, question)
        assert replace(ours, confidence=0, passages=()) == replace(
            theirs, confidence=0, passages=()
        )


@pytest.mark.parametrize("where", ["folder", "store"])
def test_one_article_of_many_can_be_asked_alone(lite, where):
    address = f"{lite}#t{uuid.uuid4().hex[:12]}"
    if where == "store":
        fill(address, pets())
        index = open_store(address)
    else:
        index = build_index(pets(), embedder=WordEmbedder())
    answer = ask(index, "do dogs bark?", document='do"gs')
    assert {citation.document_id for citation in answer.citations} == {'do"gs'}
    assert {hit.passage.document_id for hit in index.search("meat", document="cats")} == {"cats"}
    with pytest.raises(QuestionError, match="no article of that id"):
        ask(index, "what?", document="horses")


def test_texts_longer_than_a_field_come_back_whole(address):
    long = document("# Long\n\n" + "The cat 猫 sat on the mat. " * 4000, id="long")
    fill(address, [long])
    assert open_store(address).documents["long"] == long


def test_a_classifier_longer_than_a_field_comes_back_whole_with_each_of_its_articles(address):
    beside = {"catalogue": EXAMPLES, "classifier": classifier("f")}
    documents = [document(CATS, **beside), document(DOGS, id="dogs", **beside), *animals(1)]
    fill(address, documents)
    held = open_store(address).documents
    assert [held[known.id] for known in documents] == documents


def test_example_questions_are_kept_only_where_no_classifier_is_fitted_to_the_model(address):
    def kept(fingerprint):
        beside = {"catalogue": EXAMPLES, "classifier": classifier(fingerprint)}
        fill(address, [document(CATS, **beside)])
        return list(open_store(address).store.phrases.texts)

    assert kept("f") == ["is cream bad for cats?"]
    assert kept(WordEmbedder.fingerprint) == []


def test_a_second_run_encodes_nothing(address):
    fill(address, pets())
    again = fill(address, pets())
    assert (again.encoded, again.in_place, again.documents) == (0, True, 2)


def test_a_changed_article_touches_its_own_rows_alone(address):
    documents = animals(30)
    fill(address, documents)
    before = keys_in(address)
    documents[3] = document("# T3\n\nA new beast eats food 3 at 3.", id="d3", title="T3")
    done = fill(address, documents)
    gone, new = before - keys_in(address), keys_in(address) - before
    assert done.in_place
    assert (len(gone), len(new)) == (2, 2)
    here = build_index(documents, embedder=WordEmbedder())
    assert open_store(address).lexical.counts == here.lexical.counts
    for query in ("beast 3", "animal 3"):
        assert found(open_store(address), query, k=3) == found(here, query, k=3)


def lexicons_in(address):
    """The revisions whose lexicon the live build holds."""
    client = Client(Address.parse(address))
    build = Build(client.address.name, live_head(client).mark)
    rows = list(client.iterate(build.records, 'kind == "lexicon"', []))
    client.close()
    return {int(row["key"].split("/")[1]) for row in rows}


def test_a_store_that_changes_often_keeps_the_last_two_lexicons_alone(address):
    for food in ("meat", "fish", "rice", "bread"):
        before = open_store(address) if food == "bread" else None
        fill(address, [document(CATS.replace("meat", food))])
    assert lexicons_in(address) == {3, 4}
    assert before.lexical.knows("rice")
    assert open_store(address).lexical.knows("bread")


def test_a_removed_article_is_gone_and_its_words_with_it(address):
    fill(address, pets())
    fill(address, pets()[:1])
    index = open_store(address)
    assert list(index.documents) == ["cats"]
    assert not index.lexical.knows("bark")
    assert {hit.passage.document_id for hit in index.search("dogs bark")} == {"cats"}


def test_only_new_sentences_of_a_changed_article_are_encoded(address):
    fill(address, pets())
    embedder = WordEmbedder()
    changed = [document(CATS.replace("once a year", "twice a year")), pets()[1]]
    assert fill(address, changed, embedder).encoded == 2
    assert all("twice a year" in text for text in embedder.encoded)


def test_a_caveat_catalogue_changes_without_encoding(address):
    fill(address, [document(CATS)])
    fill(address, [document(CATS, catalogue=CATALOGUE)])
    index = open_store(address)
    assert "written by a dog" in ask(index, "when do cats hunt?").caveats[-1].text
    assert [d.id for d in index.store.catalogued()] == ["cats"]


def test_a_classifier_changes_without_encoding_and_counts_no_word_twice(address):
    fill(address, [document(CATS, catalogue=CATALOGUE), pets()[1]])
    counts, rows = open_store(address).lexical.counts, keys_in(address)
    changed = document(CATS, catalogue=CATALOGUE, classifier=classifier("f"))
    done = fill(address, [changed, pets()[1]])
    index = open_store(address)
    assert (done.in_place, done.encoded) == (True, 0)
    assert index.documents["cats"] == changed
    assert (index.lexical.counts, keys_in(address)) == (counts, rows)


def test_articles_taken_over_into_another_build_bring_their_classifier(address):
    first = document(CATS, catalogue=CATALOGUE, classifier=classifier("f"))
    fill(address, [first])
    assert not fill(address, [first, *animals(30)]).in_place
    assert open_store(address).documents["cats"] == first


def test_many_changes_go_live_at_once_and_take_over_what_is_known(address):
    fill(address, animals(10))
    served = open_store(address)
    first = served.manifest.build
    done = fill(address, [*animals(10), *animals(40, start=10)])
    assert (done.in_place, done.documents, done.encoded) == (False, 50, 80)
    client = Client(Address.parse(address))
    assert [build.mark for build in builds(client)] == [live_head(client).mark] != [first]
    client.close()
    here = build_index(animals(50), embedder=WordEmbedder())
    assert open_store(address).lexical.counts == here.lexical.counts


def failing_after(count):
    """An executor that gives up after some batches, as a machine does that is switched off."""
    size = build_index(pets(), embedder=WordEmbedder()).manifest.size

    def run(batches):
        for number, batch in enumerate(batches):
            if number == count:
                raise KeyboardInterrupt
            yield rows_of(batch, WordEmbedder(), size)

    return run


def test_a_run_that_was_ended_leaves_what_is_served_and_goes_on_where_it_was(address, monkeypatch):
    monkeypatch.setattr("askdoc.milvus.ingestion._BATCH_CHARACTERS", 300)
    fill(address, pets())
    served = open_store(address)
    with pytest.raises(KeyboardInterrupt):
        fill(address, animals(60), executor=failing_after(3))
    assert served.search("when do cats hunt?")[0].passage.document_id == "cats"
    assert set(open_store(address).documents) == {"cats", 'do"gs'}
    embedder = WordEmbedder()
    done = fill(address, animals(60), embedder)
    assert done.documents == 60
    assert 0 < done.encoded < 120
    assert len(keys_in(address)) == 120


def test_a_change_that_was_ended_is_made_good_by_the_next_run(address, monkeypatch):
    fill(address, pets())
    changed = [document(CATS.replace("meat", "fish")), *animals(3)]

    def end(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("askdoc.milvus.ingestion._Ingest._finish", end)
        with pytest.raises(KeyboardInterrupt):
            fill(address, changed)
    fill(address, changed)
    here = build_index(changed, embedder=WordEmbedder())
    assert open_store(address).lexical.counts == here.lexical.counts
    assert found(open_store(address), "fish") == found(here, "fish")


def test_a_replica_follows_the_switch_to_another_build(address, monkeypatch):
    monkeypatch.setattr("askdoc.milvus.live._LIVE_CHECK_INTERVAL_S", 0.0)
    fill(address, pets())
    index = open_store(address)
    assert index.latest() is index
    fill(address, animals(40))
    followed = index.latest()
    assert followed.search("animal 12")[0].passage.document_id.startswith("d")
    assert followed.latest() is followed


def test_passages_whose_article_changed_meanwhile_do_not_count(address):
    fill(address, pets())
    index = open_store(address)
    index.search("fish")
    fill(address, [document(CATS.replace("meat", "fish")), pets()[1]])
    hit = index.search("a grown cat eats fish")[0]
    assert "fish" in hit.passage.text
    assert index.documents["cats"].text[hit.passage.start : hit.passage.end] == hit.passage.text


def test_files_are_read_and_those_that_cannot_be_are_named(address, tmp_path):
    (tmp_path / "cats.md").write_text(CATS)
    (tmp_path / "bad.pdf").write_bytes(b"no pdf")
    told = []
    done = ingest([tmp_path], address, on_error=told.append, grace=0)
    assert done.documents == 1
    assert "bad.pdf" in str(told[0])
    with pytest.raises(DocumentError):
        ingest([tmp_path / "nothing.md"], address, grace=0)
    assert open_store(address).search("cats")


def test_the_workers_of_a_cluster_encode(lite):
    from distributed import LocalCluster

    address = f"{lite}#t{uuid.uuid4().hex[:12]}"
    size = build_index(pets(), embedder=WordEmbedder()).manifest.size
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        open_executor(WordEmbedder(), size, scheduler=cluster.scheduler_address) as executor,
    ):
        done = fill(address, animals(60), executor=executor)
    assert (done.documents, done.encoded) == (60, 120)
    assert open_store(address).search("animal 12", 1)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("http://127.0.0.1:19530", ("http://127.0.0.1:19530", "askdoc", "127.0.0.1", 19530)),
        ("https://example.org#books", ("https://example.org", "books", "example.org", 443)),
        ("/srv/store.db#books", ("/srv/store.db", "books", "", 0)),
    ],
)
def test_an_address_is_read(text, read):
    found = Address.parse(text)
    assert (found.uri, found.name, found.host, found.port) == read


@pytest.mark.parametrize(
    "text",
    ["", "store", "ftp://x", "http://", "x.db#a b", "http://x:99999999", "https://me:secret@x"],
)
def test_an_address_of_another_form_is_refused_without_its_password(text):
    with pytest.raises(StoreError) as refused:
        Address.parse(text)
    assert "secret" not in str(refused.value)


def test_a_store_that_is_away_is_told_soon_and_by_name():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(StoreAwayError, match=r"127\.0\.0\.1"):
        open_store(address)


def test_a_store_with_nothing_in_it_names_the_command(address):
    with pytest.raises(StoreError, match="askdoc index"):
        open_store(address)


KILLED = textwrap.dedent("""
    import sys
    import time
    sys.path.insert(0, {tests!r})
    import askdoc.milvus.ingestion as room
    from fakes import WordEmbedder, animals
    room._BATCH_CHARACTERS = 200

    def told(done, total):
        print(done, flush=True)
        time.sleep(0.2)  # slow enough to be killed in the middle, however fast the machine

    embedder = WordEmbedder()
    room.ingest_documents(lambda: animals(150), sys.argv[1], embedder=embedder, on_progress=told)
""")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Milvus Lite as a server of its own, to be stopped and started again."""
    one = LiteServer(tmp_path_factory.mktemp("server") / "data")
    one.start()
    yield one
    one.stop()


class LiteServer:
    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = None

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        code = "from milvus_lite.cmdline import main; main()"
        options = f"server --host 127.0.0.1 --port {self.port} --data-dir".split()
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *options, str(self.folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None
                time.sleep(0.1)
        raise AssertionError("the server does not come up")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def killed_after(address, seconds):
    """Begins to fill a store in a process of its own, and kills it so long after the first row."""
    code = KILLED.format(tests=str(Path(__file__).parents[1] / "support"))
    command = [sys.executable, "-c", code, address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.stdout.readline()
        time.sleep(seconds)
        run.kill()


def test_an_ingest_killed_at_any_moment_ends_with_the_same_rows(server):
    address = f"{server.address}#k{uuid.uuid4().hex[:12]}"
    fill(address, pets())
    served = open_store(address)
    for seconds in (0, 0.4):
        killed_after(address, seconds)
        assert served.search("when do cats hunt?")[0].passage.document_id == "cats"
    done = fill(address, animals(150))
    client = Client(Address.parse(address))
    build = Build(client.address.name, live_head(client).mark)
    rows = [row["key"] for row in client.iterate(build.passages, 'key != ""', [])]
    client.close()
    assert done.documents == len(rows) == len(set(rows)) == 150
    assert len(keys_in(address)) == 300


def test_a_store_stopped_under_load_gives_503_and_help_and_comes_back(server):
    import threading

    from starlette.testclient import TestClient

    from answers import built
    from askdoc.server import Service, Settings
    from askdoc.server.app import assemble

    address = f"{server.address}#s{uuid.uuid4().hex[:12]}"
    fill(address, pets())
    service = Service(lambda: open_store(address))
    app = built(assemble, service, Settings(rate="100000/minute"))
    statuses, crises, over = [], [], threading.Event()

    def load(client):
        while not over.is_set():
            said = client.post("/api/v1/ask", json={"question": "do cats hunt at dusk?"})
            statuses.append(said.status_code)
            said = client.post("/api/v1/ask", json={"question": "i want to kill myself"})
            crises.append((said.status_code, said.json().get("status")))

    with TestClient(app, raise_server_exceptions=False) as client:
        assert service.wait(30)
        assert client.get("/readyz").status_code == 200
        threads = [threading.Thread(target=load, args=(client,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert becomes(lambda: len(crises) > 5)
        server.stop()
        assert becomes(lambda: client.get("/readyz").status_code == 503)
        before = len(crises)
        assert becomes(lambda: len(crises) > before + 5)
        server.start()
        assert becomes(lambda: client.get("/readyz").status_code == 200)
        after = client.post("/api/v1/ask", json={"question": "do cats hunt at dusk?"})
        over.set()
        for thread in threads:
            thread.join(30)
    assert set(statuses) == {200, 503}
    assert set(crises) == {(200, "emergency")}
    assert after.json()["status"] == "answered"


def test_a_store_error_is_an_askdoc_error():
    assert issubclass(StoreAwayError, AskdocError)


def test_a_file_is_filled_some_rows_at_a_time():
    told = "import askdoc.milvus.client, milvus_lite.constants as c; print(c.MEMTABLE_MEMORY_LIMIT)"
    unset = {k: v for k, v in os.environ.items() if not k.startswith("MILVUS_LITE")}
    ran = subprocess.run(
        [sys.executable, "-c", told], env=unset, check=True, capture_output=True, text=True
    )
    assert int(ran.stdout) == 32 * 1024 * 1024


def test_a_collection_ranks_alike_in_a_store_and_in_a_folder(lite, beir, tmp_path):  # noqa: F811
    in_store = evaluate(beir, embedder=WordEmbedder(), store=f"{lite}#served")
    in_folder = evaluate(beir, embedder=WordEmbedder(), index_folder=tmp_path / "index")
    assert {name: list(scores) for name, scores in in_store.run.items()} == {
        name: list(scores) for name, scores in in_folder.run.items()
    }
    with pytest.raises(StoreError, match="no index"):
        open_store(f"{lite}#served")
