"""The one form in which a benchmark says what it found."""


def report(name: str, value: float, target: float, detail: str, *, lower: bool = False) -> None:
    """Print `BENCH name value=… target=… ok|SHORT (detail)`; `lower`: less is better."""
    good = value <= target if lower else value >= target
    sign = "<=" if lower else ">="
    print(
        f"BENCH {name} value={value:.4g} target={sign}{target:.4g} "
        f"{'ok' if good else 'SHORT'} ({detail})",
        flush=True,
    )


def median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
