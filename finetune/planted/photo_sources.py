"""Which photos: free ones from Debian packages to train on, others to evaluate on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhotoSource:
    """One Debian package, its licence (from its copyright file unless said) and its photos."""

    package: str
    licence: str
    folder: str
    files: tuple[str, ...]


SOURCES = (
    PhotoSource(
        "lomiri-wallpapers-16.04",
        "CC-BY-4.0, CC-BY-SA-4.0, CC0-1.0",
        "usr/share/backgrounds",
        (
            "Picture_1A_by_freespace.jpg",
            "Wine_by_Jakkub_Mede.jpg",
            "greentock_by_Peter_Nerlich.jpg",
            "seeding_by_Clements_Engelhardt.jpg",
            "aitzgorri_by_Aitzol_Berasategi.jpg",
            "Dragonfly_by_Bolly.jpg",
            "friends_by_Aitzol_Berasategi.jpg",
            "sunset_by_Aitzol_Berasategi.jpg",
            "free_by_Peter_Nerlich.jpg",
            "picosdeeuropa_by_Aitzol_Berasategi.jpg",
            "umang_by_Abhishek_Mudgal.jpg",
            "Picture_0B_by_freespace.jpg",
            "life_by_Aitzol_Berasategi.jpg",
            "Bridge_by_Sander_Klootwijk.jpg",
        ),
    ),
    PhotoSource(
        "lomiri-wallpapers-20.04",
        "CC-BY-SA-3.0",
        "usr/share/backgrounds",
        ("Kleiber_by_Lukas_Baubkus.jpg", "Infinite-Sea_by_Aury88.jpg"),
    ),
    PhotoSource(
        "mate-backgrounds",
        "GPL-2+",
        "usr/share/backgrounds/mate/nature",
        (
            "Garden.jpg",
            "Dune.jpg",
            "Aqua.jpg",
            "TwoWings.jpg",
            "Storm.jpg",
            "GreenMeadow.jpg",
            "RainDrops.jpg",
            "Blinds.jpg",
            "FreshFlower.jpg",
            "LadyBird.jpg",
            "YellowFlower.jpg",
        ),
    ),
    PhotoSource(
        "plasma-workspace-wallpapers",
        "LGPL-3 (the photos' own metadata), GPL-2+ (the package)",
        "usr/share/wallpapers",
        tuple(
            f"{name}/contents/images/2560x1600.jpg"
            for name in (
                "FallenLeaf",
                "Path",
                "Autumn",
                "summer_1am",
                "EveningGlow",
                "Kite",
                "ColorfulCups",
                "OneStandsOut",
                "BytheWater",
            )
        ),
    ),
    PhotoSource(
        "ukui-wallpapers",
        "CC-BY-SA-3.0",
        "usr/share/backgrounds",
        ("calla.png", "string.jpg", "the-mouse.jpg", "rhythm.jpg"),
    ),
    PhotoSource(
        "palapeli-data",
        "public domain, GFDL (the photos' own metadata)",
        "usr/share/palapeli/collection",
        (
            "cincinnati-bridge.jpg",
            "european-honey-bee.jpg",
            "panther-chameleon-female.jpg",
            "castle-maintenon.jpg",
            "citrus-fruits.jpg",
        ),
    ),
    PhotoSource(
        "puzzle-jigsaw",
        "CC0-1.0",
        "usr/share/puzzle-jigsaw/samples",
        ("pexels-photo-302304.jpeg", "cat-animal-cat-portrait-mackerel.jpg"),
    ),
    PhotoSource(
        "opencv-doc",
        "Apache-2.0 and BSD-3-Clause",
        "usr/share/doc/opencv-doc/examples",
        (
            "data/fruits.jpg",
            "data/baboon.jpg",
            "data/home.jpg",
            "data/aloeL.jpg",
            "data/board.jpg",
            "data/graf1.png",
            "data/butterfly.jpg",
            "data/building.jpg",
            "data/apple.jpg",
            "data/orange.jpg",
            "data/smarties.png",
            "data/squirrel_cls.jpg",
            "data/rubberwhale1.png",
            "data/leuvenA.jpg",
            "data/chicky_512.png",
            "data/stuff.jpg",
            "alphamat/input_images/plant.jpg",
            "text/scenetext01.jpg",
            "text/scenetext02.jpg",
            "text/scenetext03.jpg",
            "text/scenetext04.jpg",
            "text/scenetext05.jpg",
            "text/scenetext06.jpg",
            "dnn_superres/butterfly.png",
            "hfs/data/000.jpg",
            "reg/home.png",
        ),
    ),
)

HELD_OUT = {
    "skimage": (
        "data/astronaut.png",
        "data/coffee.png",
        "data/chelsea.png",
        "data/rocket.jpg",
        "data/motorcycle_left.png",
        "data/motorcycle_right.png",
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}
"""Photos inside PyPI wheels, by package: for evaluation only."""
