"""Figures of a ranking."""

import numpy as np


def figures(scores: np.ndarray, is_right: np.ndarray) -> dict[str, float]:
    """Return AUC (ties count half), and the share of right ones among the top 1 % and 5 %."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    right, wrong = int(is_right.sum()), int((~is_right).sum())
    top = order[::-1]
    at = {share: float(is_right[top[: max(1, int(share * len(top)))]].mean()) for share in (0.01, 0.05)}
    auc = (ranks[is_right].sum() - right * (right + 1) / 2) / max(1, right * wrong)
    return {"auc": round(auc, 4), "p@1%": round(at[0.01], 3), "p@5%": round(at[0.05], 3)}
