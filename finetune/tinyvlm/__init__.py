"""The starter model: a vision-language model of a few megabytes, trained from scratch."""

from pairset.torchvision_operators import declare_torchvision_operators

# Every module here imports transformers, which imports torchvision.
declare_torchvision_operators()
