"""Stand-in for the vendor's tables."""

WAN_CONFIGS = dict.fromkeys(("t2v-A14B", "i2v-A14B", "ti2v-5B", "animate-14B", "s2v-14B"))
SIZE_CONFIGS = {
    f"{width}*{height}": (width, height)
    for width, height in (
        *((720, 1280), (1280, 720), (480, 832), (832, 480)),
        *((704, 1280), (1280, 704), (1024, 704), (704, 1024)),
    )
}
MAX_AREA_CONFIGS = {name: width * height for name, (width, height) in SIZE_CONFIGS.items()}
SUPPORTED_SIZES = {"i2v-A14B": ("720*1280", "1280*720", "480*832", "832*480")}
