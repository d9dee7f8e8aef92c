"""Neighbours: the exact join beside its floor, the matrix product, and beside what faiss offers."""

from benchmarks.mining.options import Options
from benchmarks.mining.rounds import Bench

WAYS = ("floor", "join", "faiss_flat", "faiss_ivf")


def figures(bench: Bench, options: Options) -> dict[str, object]:
    """join_over_floor is of the largest number of images, the others of the middle one."""
    images = options.neighbors_images
    print(f"neighbours of {images} images, cosine .8 or nearest 50", flush=True)
    middle = bench.rounds(WAYS, bench.vectors(images, options.seed), options.rounds)
    join = middle["join"]["cpu_seconds"]
    found: dict[str, object] = {
        "neighbors_images": images,
        "arithmetic": middle["join"]["arithmetic"],
        "join_links_differing_from_fp32": middle["join"]["differing_from_fp32"],
        "faiss_flat_over_join": middle["faiss_flat"]["cpu_seconds"] / join,
        "faiss_ivf_over_join": middle["faiss_ivf"]["cpu_seconds"] / join,
    }
    images, largest = options.join_images, middle
    if images != options.neighbors_images:
        print(f"neighbours of {images} images", flush=True)
        largest = bench.rounds(WAYS[:2], bench.vectors(images, options.seed), options.rounds)
    return found | {
        "join_images": images,
        "join_over_floor": largest["join"]["cpu_seconds"] / largest["floor"]["cpu_seconds"],
        "join_peak_megabytes": largest["join"]["peak_megabytes"],
    }
