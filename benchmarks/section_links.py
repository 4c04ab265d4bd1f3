"""Precision and recall of the links of section pages: ``./dev bench section_links``.

Made pages of many layouts are followed for eight weeks. The baseline takes every new link with a text of headline
length.
"""

from __future__ import annotations

from tests.feeds.section_world import ADDRESSES, UNSEEN, Count, baseline, follow, layouts


def main() -> None:
    """Print one row per form of address."""
    for name, addresses in (("in view while the learner was written", ADDRESSES), ("added afterwards", UNSEEN)):
        print(f"\n{name}\n{'address':<24} precision  recall  new links")
        total, plain = Count(), Count()
        for form in addresses:
            count = Count()
            for seed in range(3):
                for layout in layouts({form: addresses[form]}):
                    count.add(follow(layout, seed=seed))
                    plain.add(baseline(layout, seed=seed))
            total.add(count)
            print(f"{form:<24} {count.precision:>9.3f} {count.recall:>7.3f} {count.right + count.missed:>10}")
        for label, count in (("all", total), ("baseline: new headlines", plain)):
            print(f"{label:<24} {count.precision:>9.3f} {count.recall:>7.3f} {count.right + count.missed:>10}")


if __name__ == "__main__":
    main()
