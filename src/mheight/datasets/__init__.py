"""Labelled codes: where they come from, how they are stored, split and augmented."""

from mheight.datasets.any_length import AnySamples, exact_labels_of_any, read_any_samples
from mheight.datasets.audit import AuditCheck, AuditReport, audit
from mheight.datasets.augmentation import (
    Augmentation,
    AugmentationKind,
    AugmentedTraining,
    augment,
)
from mheight.datasets.ensembles import ENSEMBLES, EnsembleName, Generated, generate
from mheight.datasets.importing import ImportReport, LabelFault, check_import, label_faults
from mheight.datasets.invalid_protocol import LeakySplit, augment_then_split
from mheight.datasets.labelling import (
    ExactHeights,
    exact_heights,
    exact_labels,
    orbit_numbers,
    relabelled,
)
from mheight.datasets.pickles import load_pickle, read_pickled_heights, read_pickled_samples
from mheight.datasets.sample_files import read_samples, sample_blocks
from mheight.datasets.samples import Samples
from mheight.datasets.split import (
    Split,
    TrainingView,
    ValidationView,
    require_training,
    split_by_orbit,
)
from mheight.datasets.storage import (
    Dataset,
    content_hash,
    load_dataset,
    read_parquet,
    save_dataset,
    write_parquet,
)
from mheight.datasets.stream import CodeStream, StreamedCodes, sample_fingerprints

__all__ = [
    "ENSEMBLES",
    "AnySamples",
    "AuditCheck",
    "AuditReport",
    "Augmentation",
    "AugmentationKind",
    "AugmentedTraining",
    "CodeStream",
    "Dataset",
    "EnsembleName",
    "ExactHeights",
    "Generated",
    "ImportReport",
    "LabelFault",
    "LeakySplit",
    "Samples",
    "Split",
    "StreamedCodes",
    "TrainingView",
    "ValidationView",
    "audit",
    "augment",
    "augment_then_split",
    "check_import",
    "content_hash",
    "exact_heights",
    "exact_labels",
    "exact_labels_of_any",
    "generate",
    "label_faults",
    "load_dataset",
    "load_pickle",
    "orbit_numbers",
    "read_any_samples",
    "read_parquet",
    "read_pickled_heights",
    "read_pickled_samples",
    "read_samples",
    "relabelled",
    "require_training",
    "sample_blocks",
    "sample_fingerprints",
    "save_dataset",
    "split_by_orbit",
    "write_parquet",
]
