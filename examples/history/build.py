"""Writes history/prices.csv: closing prices of the instruments of scenarios/equity-desks over three years.

Needs `skfolio`, whose prices they are. Running it again writes the same bytes.
"""

from pathlib import Path

from skfolio.datasets import load_factors_dataset, load_sp500_dataset

DAYS = 757


def main() -> None:
    """Writes the file beside this one."""
    prices = load_sp500_dataset().join(load_factors_dataset(), how="inner")
    prices = prices.loc[:"2022-12-28"].iloc[-DAYS:].sort_index(axis=1)
    target = Path(__file__).parent / "history" / "prices.csv"
    target.write_text(prices.round(3).to_csv(index_label="date", date_format="%Y-%m-%d"))


if __name__ == "__main__":
    main()
