"""Writes the Parquet files of the tests: python make.py, with pyarrow 25."""

import pyarrow as pa
import pyarrow.parquet as pq

QUESTIONS = [
    ("What does a kettle heat?", ["water", "sand", "light"], "A"),
    ('Who says "moo"?\nThink — twice.', ["the cat", "the cow"], "B"),
    ("Was trägt ein Schaf? 🐑", ["Federn", "Schuppen", "Wolle", "Rinde"], "C"),
]
ROWS = [
    {
        "id": f"own-{i}",
        "question": question,
        "choices": {"text": texts, "label": list("ABCD"[: len(texts)])},
        "answerKey": key,
    }
    for i, (question, texts, key) in enumerate(QUESTIONS)
]
KINDS = [
    {
        "t": 1 - 2**60,
        "share": 0.5,
        "right": True,
        "nothing": None,
        "bytes": "für".encode(),
        "list": [],
        "turns": [{"role": "user", "n": 1}],
    },
    {
        "t": 2,
        "share": float("nan"),
        "right": False,
        "nothing": None,
        "bytes": b"",
        "list": ["a", None],
        "turns": [],
    },
]

table = pa.Table.from_pylist(ROWS)
pq.write_table(table, "snappy.parquet", compression="snappy")
pq.write_table(table, "zstd.parquet", compression="zstd", data_page_version="2.0")
pq.write_table(table, "plain.parquet", compression="none", row_group_size=1, use_dictionary=False)
pq.write_table(pa.Table.from_pylist(KINDS), "kinds.parquet")
