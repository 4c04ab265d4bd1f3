"""Weights of the block model and of the choice among texts, in logits. Fitted, not written.

``benchmarks/fit_evidence.py`` prints this table from pages with known text; ``docs/extraction.md`` has its figures on
sites left out of the fit. A positive weight speaks for the article.
"""

BLOCK_WEIGHTS: dict[str, float] = {
    "after": -0.62, "again": 0.18, "before": -0.11, "bias": -0.5, "claimed": -0.07, "clean": 0.39, "density": 0.28,
    "description": 0.95, "far_after": -0.06, "far_before": 0.34, "furniture": -0.31, "grandparent_links": 0.09,
    "grandparent_share": 0.27, "grandparent_votes": -0.11, "heading_votes": 0.18, "home_links": 0.16,
    "home_share": 0.25, "home_votes": 0.16, "in_div": -0.51, "in_figcaption": -0.25, "in_h1": -0.43, "in_h3": -0.11,
    "in_h4": -0.07, "in_li": 0.1, "in_p": -0.17, "in_td": 0.98, "in_th": 0.05, "kind_links": 0.22,
    "kind_share": 0.76, "kind_votes": 0.18, "link": -0.42, "link_all": 0.19, "link_half": -0.07, "lone_link": -0.33,
    "mark_ad": -0.09, "mark_article": 0.3, "mark_body": -0.13, "mark_box": -0.48, "mark_byline": -0.43,
    "mark_caption": -0.07, "mark_comment": 0.05, "mark_figure": -0.28, "mark_footer": -0.05, "mark_form": -0.05,
    "mark_header": -0.18, "mark_hidden": 0.1, "mark_itembody": 0.21, "mark_lead": 0.17, "mark_meta": -0.17,
    "mark_related": -0.15, "mark_share": -0.18, "mark_table": 1.13, "mark_unseen": 0.04, "next2_clean": -0.17,
    "next2_link": -0.23, "next2_votes": 0.43, "next_clean": 0.15, "next_link": -0.21, "next_votes": 0.2,
    "parent_links": 0.09, "parent_share": 0.16, "parent_votes": -0.1, "previous2_clean": -0.36,
    "previous2_link": -0.36, "previous_clean": -0.13, "previous_link": -0.36, "previous_votes": 0.15,
    "resiliparse": -0.19, "says_also": -0.62, "says_byline": -0.04, "says_call": -0.6, "says_colon": -0.23,
    "says_photo": -0.92, "says_question": -0.05, "size_line": -0.59, "size_long": 0.64, "size_paragraph": 0.25,
    "size_sentence": -0.46, "size_tiny": -0.35, "stop": 0.45, "tag_links": -0.13, "tag_share": 0.19,
    "tag_votes": -0.19, "trafilatura": 1.15, "trafilatura_alone": -0.12, "trafilatura_link": -0.33,
    "unclaimed": -0.49, "votes_0": -0.81, "votes_1": -0.13, "votes_2": -0.07, "votes_3": 0.51,
}  # fmt: skip

CHOICE_WEIGHTS: dict[str, float] = {
    "blocks": 1.17, "clean": -2.5, "empty": -2.58, "expected": 1.2, "has_blocks": 0.49, "has_density": -1.81,
    "has_resiliparse": 1.92, "has_trafilatura": 0.51, "in_blocks": -0.51, "in_density": -0.96,
    "in_resiliparse": 1.79, "in_trafilatura": -0.49, "links": -3.21, "mark_body": 1.36, "mark_comment": -2.31,
    "mark_list": -0.86, "mark_related": 7.25, "median": 2.16, "short": -2.65, "split": -4.79, "stops": 1.72,
    "sure": 3.68, "trafilatura": -1.17,
}  # fmt: skip
