"""Residual of each day's iterations on a logarithmic scale, with the stop test's epsilon."""

import numpy as np

import drawing
from drawing import plt


def draw(archive, folder):
    """Writes convergence.png and .svg."""
    figure, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
    for index, day in enumerate(archive.days):
        # A residual of exactly zero has no place on a logarithmic axis.
        residual = np.where(day.residual > 0, day.residual, np.nan)
        ending = "" if day.converged else ", not converged"
        axes.semilogy(np.arange(1, len(residual) + 1), residual, **drawing.line(index),
                      label=f"day {day.day} ({len(residual)}{ending})")
    axes.axhline(archive.genesis.epsilon, color="black", linewidth=0.8, linestyle=(0, (2, 3)))
    axes.annotate(f"ε = {archive.genesis.epsilon:g} kWh", (0.01, archive.genesis.epsilon), (0, 3),
                  xycoords=axes.get_yaxis_transform(), textcoords="offset points")
    axes.set_xlabel("iteration of the day")
    axes.set_ylabel("residual  Σ ‖p′ − p‖₂ [kWh]")
    axes.set_xlim(left=0)
    axes.legend(title="day (iterations)", loc="upper right")
    return drawing.save(figure, folder, "convergence")
