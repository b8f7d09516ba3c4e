"""Write the golden files of engine/image: what Pillow and transformers make of pictures.

usage: python -P image.py ../../engine/image/testdata $(go env GOROOT)/src/image
(transformers 5.23, Pillow 13.0, numpy, torch on CPU. -P: the other scripts here are named like modules of Python.)

Pictures are either small files, written here by Pillow, or pattern(width, height), which the Go tests make themselves.
Large results are kept as a SHA-256 and a few samples, so that a failure shows where and by how much.
"""
import hashlib, io, json, os, sys

import numpy as np
import torch
from PIL import Image, ImageOps
from transformers.models.idefics3.configuration_idefics3 import Idefics3VisionConfig
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.idefics3.modeling_idefics3 import Idefics3VisionEmbeddings
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil, smart_resize

out, goroot_pictures = sys.argv[1:3]


def pattern(width, height):
    """Slopes that wrap around (sharp edges) under noise, [height, width, 3] uint8. The same formula is in golden_test.go."""
    i = np.arange(width * height * 3, dtype=np.uint32)
    noise = i * np.uint32(2654435761)
    noise ^= noise >> np.uint32(13)
    noise *= np.uint32(0x5BD1E995)
    noise ^= noise >> np.uint32(15)
    c, x, y = i % 3, i // 3 % width, i // 3 // width
    return (x * (c + 1) * 7 + y * (5 - c) * 3 + noise % 64).astype(np.uint8).reshape(height, width, 3)


def digest(a):
    return hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()


def samples(a, n=12):
    """n values spread over the flattened array, as [index, value]."""
    flat = a.reshape(-1)
    return [[int(i), float(flat[i])] for i in sorted({int(k * (len(flat) - 1) / (n - 1)) for k in range(n)})]


def save(name, value):
    with open(f"{out}/{name}", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(v) for v in value) + "\n]\n")


def resize():
    sizes = [((64, 48), (32, 24)), ((64, 48), (100, 75)), ((61, 43), (17, 90)), ((1, 1), (5, 7)), ((1, 9), (9, 1)), ((300, 2), (7, 2)),
             ((2, 300), (2, 7)), ((17, 9), (2048, 1084)), ((640, 480), (512, 512)), ((1500, 200), (2048, 274)), ((33, 33), (32, 34)),
             ((1000, 10), (3, 500)), ((128, 128), (128, 64)), ((128, 128), (64, 128)), ((97, 89), (89, 97)), ((3, 2000), (4, 2048)),
             ((500, 400), (1, 1)), ((1024, 768), (333, 251)), ((7, 5), (700, 500)), ((255, 257), (256, 256))]
    for k in range(40):  # and odd pairs of all kinds
        sizes.append(((1 + k * 37 % 211, 1 + k * 53 % 197), (1 + k * 71 % 223, 1 + k * 89 % 191)))
    cases = []
    for a, b in sizes:
        for f in (1, 2, 3):
            got = np.array(Image.fromarray(pattern(*a)).resize(b, resample=f))
            cases.append({"from": a, "to": b, "filter": f, "sha256": digest(got), "samples": samples(got)})
    save("resize.json", cases)


def opened(data):
    im = Image.open(io.BytesIO(data))
    mode = im.mode
    return mode, np.array(ImageOps.exif_transpose(im).convert("RGB"))


def pictures():
    os.makedirs(f"{out}/pictures", exist_ok=True)
    rgb = Image.fromarray(pattern(37, 29))
    smooth = Image.fromarray(pattern(9, 7)).resize((61, 43), Image.BICUBIC)  # JPEG is for pictures like this one
    alpha = Image.fromarray(pattern(37, 29)[:, :, 1])
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    grey = rgb.convert("L")
    la = grey.copy()
    la.putalpha(alpha)
    palette = rgb.quantize(16)
    wide = Image.fromarray(np.arange(37 * 29, dtype=np.uint16).reshape(29, 37) * 61)
    exif = Image.Exif()

    files = []

    def add(name, im, compare="exact", **options):
        b = io.BytesIO()
        im.save(b, **options)
        keep(name, b.getvalue(), compare)

    def keep(name, data, compare="exact"):
        with open(f"{out}/pictures/{name}", "wb") as f:
            f.write(data)
        mode, got = opened(data)
        case = {"file": name, "mode": mode, "size": [got.shape[1], got.shape[0]]}
        if compare == "exact":
            case |= {"sha256": digest(got), "samples": samples(got)}
        else:  # a lossy file: all pixels, for a comparison with a tolerance
            case["pixels"] = name.replace(".", "_") + ".png"
            Image.fromarray(got).save(f"{out}/pictures/{case['pixels']}", optimize=True)
        files.append(case)

    add("rgb.png", rgb, format="PNG")
    add("rgba.png", rgba, format="PNG")
    add("grey.png", grey, format="PNG")
    add("grey_alpha.png", la, format="PNG")
    add("bilevel.png", rgb.convert("1"), format="PNG")
    add("palette.png", palette, format="PNG")
    add("palette_transparent.png", palette, format="PNG", transparency=3)
    add("palette_alpha.png", palette, format="PNG", transparency=bytes(range(0, 256, 16)))
    add("grey_transparent.png", grey, format="PNG", transparency=int(np.array(grey)[0, 0]))
    add("rgb_transparent.png", rgb, format="PNG", transparency=tuple(int(v) for v in np.array(rgb)[0, 0]))
    add("grey16.png", wide, format="PNG")
    add("rgb.bmp", rgb, format="BMP")
    add("palette.bmp", palette, format="BMP")
    add("grey.bmp", grey, format="BMP")
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        add(f"rgb_{compression or 'raw'}.tiff", rgb, format="TIFF", compression=compression)
    add("rgba.tiff", rgba, format="TIFF")
    add("grey16.tiff", wide, format="TIFF")
    add("palette.tiff", palette, format="TIFF")
    add("palette.gif", palette, format="GIF")
    add("transparent.gif", palette, format="GIF", transparency=3)
    add("grey.gif", grey, format="GIF")
    add("animated.gif", palette, format="GIF", save_all=True, append_images=[palette.rotate(90)], duration=50)
    b = io.BytesIO()
    palette.save(b, format="GIF", transparency=5)
    keep("inset.gif", inset(b.getvalue(), 45, 40, 3, 6))
    add("lossless.webp", rgb, format="WebP", lossless=True)
    add("lossless_alpha.webp", rgba, format="WebP", lossless=True, exact=True)
    add("lossy.webp", smooth, format="WebP", quality=70)
    add("lossy_odd.webp", smooth.crop((0, 0, 60, 42)), format="WebP", quality=30)
    smooth_alpha = smooth.copy()
    smooth_alpha.putalpha(Image.fromarray(pattern(61, 43)[:, :, 2]))
    add("lossy_alpha.webp", smooth_alpha, format="WebP", quality=70, exact=True)
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        add(f"{name}.jpg", smooth, "pixels", format="JPEG", quality=90, subsampling=subsampling)
    add("progressive.jpg", smooth, "pixels", format="JPEG", quality=80, progressive=True)
    add("narrow.jpg", smooth.crop((0, 0, 3, 20)), "pixels", format="JPEG", quality=90, subsampling=2)
    add("grey.jpg", smooth.convert("L"), "pixels", format="JPEG")
    add("cmyk.jpg", smooth.convert("CMYK"), "pixels", format="JPEG", quality=90, subsampling=0)
    for o in range(1, 9):
        exif[274] = o
        add(f"turned{o}.jpg", smooth.crop((0, 0, 24, 17)), "pixels", format="JPEG", quality=90, exif=exif)
        add(f"turned{o}.png", rgb.crop((0, 0, 7, 5)), format="PNG", exif=exif)
    add("turned6.webp", rgb.crop((0, 0, 7, 5)), format="WebP", lossless=True, exif=exif)
    add("turned8.tiff", rgb.crop((0, 0, 7, 5)), format="TIFF", exif=exif)
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    add("turned_xmp.jpg", smooth.crop((0, 0, 24, 17)), "pixels", format="JPEG", quality=90, xmp=xmp)
    save("pictures.json", files)


def inset(gif, width, height, left, top):
    """The same frame on a larger canvas."""
    at = gif.index(b"\x2c", 13 + 3 * 2 ** ((gif[10] & 7) + 1))
    put = lambda *v: b"".join(int(n).to_bytes(2, "little") for n in v)
    return gif[:6] + put(width, height) + gif[10 : at + 1] + put(left, top) + gif[at + 5 :]


def suite():
    """Pillow's reading of the pictures in Go's source tree: PngSuite, and the decoders' own test files."""
    cases = []
    for folder in ("png/testdata/pngsuite", "png/testdata", "testdata"):
        for name in sorted(os.listdir(f"{goroot_pictures}/{folder}")):
            if not name.endswith((".png", ".gif", ".jpeg")):
                continue
            data = open(f"{goroot_pictures}/{folder}/{name}", "rb").read()
            case = {"file": f"{folder}/{name}"}
            try:
                case["mode"], got = opened(data)
                case |= {"size": [got.shape[1], got.shape[0]], "sha256": digest(got), "samples": samples(got, 48 if "jpeg" in name else 12)}
            except Exception as e:
                case["error"] = type(e).__name__
            cases.append(case)
    save("suite.json", cases)


SMOLVLM = {"do_convert_rgb": True, "do_image_splitting": True, "do_normalize": True, "do_pad": True, "do_rescale": True, "do_resize": True,
           "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "max_image_size": {"longest_edge": 512},
           "resample": 1, "rescale_factor": 0.00392156862745098, "size": {"longest_edge": 2048}}
CONFIGS = {
    "smolvlm": SMOLVLM,
    "smolvlm whole": SMOLVLM | {"do_image_splitting": False},
    "whole": SMOLVLM | {"do_image_splitting": False, "size": {"longest_edge": 512}},
    "built-in": SMOLVLM | {"size": {"longest_edge": 512}, "tile_reach": 512, "whole_reach": {"width": 320, "height": 512}},
    "tiny reach": SMOLVLM | {"max_image_size": {"longest_edge": 32}, "size": {"longest_edge": 32}, "tile_reach": 300, "whole_reach": {"width": 200, "height": 640}},
    "idefics3": SMOLVLM | {"max_image_size": {"longest_edge": 364}, "size": {"longest_edge": 1456}},
    "tiny bicubic": SMOLVLM | {"max_image_size": {"longest_edge": 32}, "size": {"longest_edge": 128}, "resample": 3,
                               "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]},
    "tiny bilinear": SMOLVLM | {"max_image_size": {"longest_edge": 30}, "size": {"longest_edge": 100}, "resample": 2},
    "unscaled": SMOLVLM | {"max_image_size": {"longest_edge": 32}, "do_resize": False},
    "raw": SMOLVLM | {"max_image_size": {"longest_edge": 32}, "size": {"longest_edge": 64}, "do_rescale": False, "do_normalize": False},
    "rescaled": SMOLVLM | {"max_image_size": {"longest_edge": 32}, "size": {"longest_edge": 64}, "do_normalize": False},
    "by height and width": SMOLVLM | {"max_image_size": {"longest_edge": 32}, "size": {"height": 40, "width": 70}},
    "huge": SMOLVLM | {"size": {"longest_edge": 5000}, "max_image_size": {"longest_edge": 1000}},
    "one tile": SMOLVLM | {"size": {"longest_edge": 512}},
}
SHAPES = [(17, 9), (1500, 200), (512, 512), (800, 600), (1, 1), (3, 2000), (2000, 1), (513, 512), (640, 1136), (1920, 1080), (61, 43)]


def idefics3():
    cases = []
    for name, config in CONFIGS.items():
        for w, h in SHAPES:
            if name == "huge" and (w, h) != (3, 2000) or ("smolvlm" in name or name == "built-in") and (w, h) in SHAPES[6:]:
                continue  # large tiles make the test slow; the small ones show the same
            cases.append(tiles(name, config, Image.fromarray(pattern(w, h)), {"pattern": [w, h]}))
    for file in ("rgba.png", "palette_transparent.png", "grey.png", "grey_alpha.png", "grey16.png", "turned6.png", "transparent.gif"):
        _, rgb = opened(open(f"{out}/pictures/{file}", "rb").read())
        for name in ("tiny bicubic", "built-in"):
            cases.append(tiles(name, CONFIGS[name], Image.fromarray(rgb), {"file": file}))
    save("idefics3.json", cases)
    json.dump(CONFIGS, open(f"{out}/idefics3_configs.json", "w"), indent=1)


def reach(config, picture):
    """The app's "tile_reach" and "whole_reach" as what transformers is called with: a height and width of whole tiles."""
    whole = config["whole_reach"]
    cols, rows = (1 if n <= most else max(2, min(3, -(-n // config["tile_reach"]))) for n, most in zip(picture.size, (whole["width"], whole["height"])))
    if cols * rows > 6:
        cols, rows = 3, 2
    edge = config["max_image_size"]["longest_edge"]
    return {k: v for k, v in config.items() if not k.endswith("_reach")} | {"size": {"height": rows * edge, "width": cols * edge}}


def tiles(name, config, picture, source):
    if "tile_reach" in config:
        config = reach(config, picture)
    got = Idefics3ImageProcessorPil(**config)(picture, return_row_col_info=True, return_tensors="np")
    pixels = got["pixel_values"][0].astype(np.float32)  # [tiles, 3, S, S]
    assert (got["pixel_attention_mask"] == 1).all(), "a tile is padded"
    return {"config": name, **source, "rows": got["rows"][0][0], "cols": got["cols"][0][0], "shape": list(pixels.shape),
            "sha256": [digest(t)[:16] for t in pixels], "samples": samples(pixels)}


QWEN = {
    "qwen2": {"min_pixels": 3136, "max_pixels": 12845056, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2},
    "qwen2 at most 200704": {"min_pixels": 3136, "max_pixels": 200704, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2},
    "qwen3": {"size": {"shortest_edge": 65536, "longest_edge": 16777216}, "patch_size": 16, "temporal_patch_size": 2, "merge_size": 2,
              "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]},
    "odd": {"min_pixels": 1, "max_pixels": 5000, "patch_size": 5, "temporal_patch_size": 1, "merge_size": 3},
}


def qwen():
    cases = []
    for name, config in QWEN.items():
        processor = Qwen2VLImageProcessorPil(**config)
        for w, h in [(17, 9), (61, 43), (3, 500), (500, 3), (1, 1), (400, 300), (97, 131)]:
            cases.append(patches(name, config, processor, Image.fromarray(pattern(w, h)), {"pattern": [w, h]}))
        for file in ("rgba.png", "grey_alpha.png", "turned6.png"):
            _, rgb = opened(open(f"{out}/pictures/{file}", "rb").read())
            cases.append(patches(name, config, processor, Image.fromarray(rgb), {"file": file}))
        for w, h in [(4032, 3024), (1920, 1080), (640, 480), (278, 561), (42, 70), (5000, 37), (6000, 4000), (100, 20000), (700, 701)]:
            grid = processor.patch_size
            sh, sw = smart_resize(h, w, grid * processor.merge_size, processor.size["shortest_edge"], processor.size["longest_edge"])
            cases.append({"name": name, "config": config, "pattern": [w, h], "scaled": [sw, sh]})
    save("qwen.json", cases)


def patches(name, config, processor, picture, source):
    got = processor(picture, return_tensors="np")
    _, down, across = got["image_grid_thw"][0].tolist()
    side = processor.patch_size
    values = got["pixel_values"].astype(np.float32)
    return {"name": name, "config": config, **source, "scaled": [across * side, down * side], "sha256": digest(values)[:16], "samples": samples(values)}


def positions():
    """Position ids along one side of the patch grid, caught at the position embedding.

    At other sides (19, 25, 29, ...) float32 rounding moves some ids, differently on each kind of processor.
    """
    cases = []
    for side, grid in [(n, n) for n in (*range(1, 19), 24, 26, 27, 28, 30, 32, 48, 64)] + [(32, 26), (32, 16), (26, 32), (27, 14), (8, 5), (5, 8), (3, 32)]:
        e = Idefics3VisionEmbeddings(Idefics3VisionConfig(hidden_size=4, image_size=side * 2, patch_size=2))
        caught = []
        e.position_embedding.register_forward_pre_hook(lambda _, a: caught.append(a[0]))
        e(torch.zeros(1, 3, grid * 2, grid * 2), torch.ones(1, grid, grid, dtype=torch.bool))
        ids = caught[0].view(grid, grid)
        assert torch.equal(ids, ids[:, :1] + ids[:1] - ids[0, 0]) and torch.equal(ids[:, 0], ids[0] * side)
        cases.append({"side": side, "grid": grid, "ids": ids[0].tolist()})
    save("positions.json", cases)


if __name__ == "__main__":
    os.makedirs(out, exist_ok=True)
    torch.set_num_threads(1)
    resize()
    pictures()
    suite()
    idefics3()
    qwen()
    positions()
