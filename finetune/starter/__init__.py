"""The starter model: a vision-language model of a few megabytes, trained from scratch."""

from pairset.models.torch_companions import fit_torch_companions

# Every module here imports transformers, which imports torchvision.
fit_torch_companions()
