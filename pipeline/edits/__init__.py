"""Silent edits and deletions: pure decisions about a page that is looked at again.

``compare`` finds and classifies the difference between two versions of a page. ``answers`` reads a response as the same
page, a missing page or no evidence at all. ``decide_look`` plans the next look and decides when a page counts as gone.
``pipeline.cycle.look_stage`` carries the decisions out.
"""

from pipeline.edits.answers import judge_response, judge_version
from pipeline.edits.compare import compare, describe, digest
from pipeline.edits.decide_look import decide_look

__all__ = ["compare", "decide_look", "describe", "digest", "judge_response", "judge_version"]
