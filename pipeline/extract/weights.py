"""Weights of the block model, in logits. Fitted, not written.

``benchmarks/fit_evidence.py`` prints this table from pages with known text; ``docs/extraction.md`` has its figures on
sites left out of the fit. A positive weight speaks for the article.
"""

BLOCK_WEIGHTS: dict[str, float] = {
    "after": -0.66, "before": -0.13, "bias": -0.54, "claimed": -0.03, "clean": 0.36, "density": 0.29,
    "description": 0.92, "far_after": -0.03, "far_before": 0.33, "grandparent_links": 0.1,
    "grandparent_share": 0.27, "grandparent_votes": -0.12, "heading_votes": 0.16, "home_links": 0.16,
    "home_share": 0.29, "home_votes": 0.13, "in_div": -0.5, "in_figcaption": -0.23, "in_h1": -0.46, "in_h2": 0.05,
    "in_h3": -0.12, "in_h4": -0.07, "in_li": 0.11, "in_p": -0.17, "in_td": 1.02, "in_th": 0.05, "kind_links": 0.27,
    "kind_share": 0.81, "kind_votes": 0.19, "label_link": -0.38, "link": -0.37, "lone_link": -0.32,
    "mark_ad": -0.11, "mark_article": 0.3, "mark_body": -0.15, "mark_box": -0.47, "mark_byline": -0.45,
    "mark_caption": -0.07, "mark_comment": 0.04, "mark_figure": -0.26, "mark_footer": -0.05, "mark_form": -0.04,
    "mark_header": -0.2, "mark_hidden": 0.12, "mark_itembody": 0.22, "mark_lead": 0.17, "mark_meta": -0.22,
    "mark_related": -0.15, "mark_share": -0.18, "mark_table": 1.16, "next2_clean": -0.18, "next2_link": -0.15,
    "next2_votes": 0.46, "next_clean": 0.15, "next_link": -0.18, "next_votes": 0.22, "parent_links": 0.07,
    "parent_share": 0.17, "parent_votes": -0.09, "previous2_clean": -0.33, "previous2_link": -0.33,
    "previous_clean": -0.1, "previous_link": -0.31, "previous_votes": 0.13, "resiliparse": -0.21,
    "says_also": -0.64, "says_byline": -0.04, "says_call": -0.6, "says_colon": -0.25, "says_photo": -0.95,
    "says_question": -0.05, "size_line": -0.6, "size_long": 0.64, "size_paragraph": 0.25, "size_sentence": -0.46,
    "size_tiny": -0.37, "stop": 0.44, "tag_links": -0.15, "tag_share": 0.21, "tag_votes": -0.18,
    "trafilatura": 1.14, "trafilatura_alone": -0.13, "trafilatura_link": -0.34, "unclaimed": -0.5, "votes_0": -0.83,
    "votes_1": -0.14, "votes_2": -0.06, "votes_3": 0.49,
}  # fmt: skip
