"""Pictures on disk: named by time, encoded once."""

import cv2
import numpy as np

from scribebench.errors import ScribebenchError

JPEG_QUALITY = 92
# The longest edge that JPEG encoders take.
JPEG_EDGE_PX = 65500
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


# Pictures are small work; decoding and the threads of the jobs take the cores that there are.
cv2.setNumThreads(1)


def picture_name(time_s: float) -> str:
    """Return the file name of the frame at a time: 00h01m20.500s.jpg."""
    minutes, milliseconds = divmod(round(time_s * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}h{minutes:02d}m{milliseconds // 1000:02d}.{milliseconds % 1000:03d}s.jpg"


def decode_picture(data: bytes, reduction: int = 1) -> np.ndarray | None:
    """Decode a picture file to uint8, height x width x 3, BGR; null when it is none.

    A JPEG at a half, a quarter or an eighth of its size (`reduction`) is decoded many times faster.
    """
    if not data:  # OpenCV raises on nothing, and returns null on rubbish
        return None
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), _REDUCED[reduction])
    except cv2.error:  # it states a size that is refused
        return None


def encode_jpeg(image: np.ndarray, quality: int = JPEG_QUALITY) -> bytes:
    """Encode a picture (uint8, height x width x 3, BGR) as JPEG."""
    ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ScribebenchError(f"a picture of {image.shape[1]}x{image.shape[0]} cannot be encoded")
    return data.tobytes()
