"""Weights of the block model and of the choice among texts, in logits. Fitted, not written.

``benchmarks/fit_evidence.py`` prints this table from pages with known text; ``docs/extraction.md`` has its figures on
sites left out of the fit. A positive weight speaks for the article.
"""

BLOCK_WEIGHTS: dict[str, float] = {
    "after": -0.48, "again": 0.04, "before": -0.13, "bias": -0.5, "claimed": -0.06, "clean": 0.3, "density": 0.17,
    "description": 0.71, "far_after": -0.08, "far_before": 0.15, "furniture": -0.3, "grandparent_links": 0.09,
    "grandparent_share": 0.24, "grandparent_votes": -0.03, "heading_votes": 0.05, "home_links": 0.12,
    "home_share": 0.35, "home_votes": 0.2, "in_div": -0.46, "in_figcaption": -0.19, "in_h1": -0.44, "in_h3": -0.12,
    "in_h4": -0.07, "in_li": 0.11, "in_p": -0.09, "in_td": 0.76, "kind_links": 0.22, "kind_share": 0.75,
    "kind_votes": 0.23, "link": -0.28, "link_all": 0.2, "link_half": -0.15, "lone_link": -0.31, "mark_ad": 0.08,
    "mark_article": 0.26, "mark_body": -0.25, "mark_box": -0.55, "mark_byline": -0.33, "mark_caption": -0.04,
    "mark_comment": 0.07, "mark_figure": -0.18, "mark_footer": -0.09, "mark_form": -0.07, "mark_header": -0.24,
    "mark_hidden": 0.12, "mark_itembody": 0.11, "mark_lead": 0.05, "mark_list": -0.14, "mark_meta": -0.11,
    "mark_nav": -0.07, "mark_related": -0.17, "mark_share": -0.11, "mark_table": 1.01, "mark_unseen": 0.07,
    "next2_clean": -0.14, "next2_link": -0.23, "next2_votes": 0.41, "next_clean": 0.09, "next_link": -0.23,
    "next_votes": 0.23, "parent_links": 0.09, "parent_share": 0.16, "previous2_clean": -0.27,
    "previous2_link": -0.3, "previous_clean": -0.16, "previous_link": -0.36, "previous_votes": 0.19,
    "resiliparse": -0.16, "says_also": -0.48, "says_byline": -0.04, "says_call": -0.44, "says_colon": -0.18,
    "says_photo": -0.63, "says_question": -0.05, "size_line": -0.55, "size_long": 0.58, "size_paragraph": 0.21,
    "size_sentence": -0.43, "size_tiny": -0.31, "stop": 0.47, "tag_links": -0.09, "tag_share": 0.15,
    "tag_votes": -0.05, "trafilatura": 1.08, "trafilatura_alone": -0.08, "trafilatura_link": -0.24,
    "unclaimed": -0.48, "votes_0": -0.69, "votes_1": -0.2, "votes_2": -0.12, "votes_3": 0.51,
}  # fmt: skip

CHOICE_WEIGHTS: dict[str, float] = {
    "blocks": 1.76, "clean": -4.41, "empty": -8.41, "expected": 2.4, "has_blocks": 3.83, "has_density": -3.8,
    "has_resiliparse": 2.48, "has_trafilatura": 7.8, "in_blocks": -5.14, "in_density": 2.0, "in_resiliparse": 4.1,
    "in_trafilatura": -2.92, "links": -9.62, "mark_body": 0.7, "mark_comment": 7.63, "mark_list": -3.29,
    "mark_related": 22.55, "median": 3.87, "short": -2.74, "split": -6.61, "stops": -1.37, "sure": 4.58,
    "trafilatura": -1.76,
}  # fmt: skip
