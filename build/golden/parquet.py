"""Write parquet files as Hugging Face's datasets writes them, with pictures inside.

usage: parquet.py OUT        (OUT is engine/train/dataset/testdata; see build/golden/README.md)

questions.parquet has columns image {bytes, path}, question, answer; conversations.parquet has images [{bytes, path}] and messages; raw.parquet has
a column of bare bytes, in two groups of rows, and the Cauldron's texts.
"""
import io, sys
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

out = sys.argv[1]


def png(width, colour):
    file = io.BytesIO()
    Image.new("RGB", (width, 6), colour).save(file, "PNG")
    return file.getvalue()


image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
pictures = [{"bytes": png(8, "red"), "path": "a.png"}, {"bytes": png(9, "blue"), "path": None}, None, {"bytes": None, "path": "away.png"}]
pq.write_table(pa.table({
    "image": pa.array(pictures, image),
    "question": ["what colour", "and this", None, "where"],
    "answer": ["red", "blue", "none", "away"],
}), f"{out}/questions.parquet")

part = pa.struct([("type", pa.string()), ("text", pa.string())])
message = pa.struct([("role", pa.string()), ("content", pa.list_(part))])
see, say = {"type": "image", "text": None}, lambda text: {"type": "text", "text": text}
pq.write_table(pa.table({
    "images": pa.array([[{"bytes": png(8, "red"), "path": None}, {"bytes": png(9, "green"), "path": None}], []], pa.list_(image)),
    "messages": pa.array([
        [{"role": "user", "content": [see, say("or"), see, say("?")]}, {"role": "assistant", "content": [say("both")]}],
        [{"role": "user", "content": [say("hi")]}, {"role": "assistant", "content": [say("ho")]}, {"role": "user", "content": [say("no")]}],
    ], pa.list_(message)),
}), f"{out}/conversations.parquet", compression="zstd")

pq.write_table(pa.table({
    "image": [png(8, "red"), png(9, "red")],
    "texts": pa.array([[{"user": "q", "assistant": "r"}, {"user": "and?", "assistant": "w"}], [{"user": "x", "assistant": " "}]],
                      pa.list_(pa.struct([("user", pa.string()), ("assistant", pa.string())]))),
}), f"{out}/raw.parquet", compression="gzip", row_group_size=1, use_dictionary=False, data_page_version="2.0")
