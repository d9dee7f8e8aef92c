"""Encoders: images become unit vectors. One file each, loaded only when named."""

from clustering.encoders.choice import EncoderChoice, load_encoder, parse_encoder
from clustering.encoders.protocol import Encoder, Vectors

__all__ = ["Encoder", "EncoderChoice", "Vectors", "load_encoder", "parse_encoder"]
