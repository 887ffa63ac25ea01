/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Classifies the growth of a series, by least squares. */
#include <math.h>

#include "cost.h"

const char *const class_names[NCLASSES] = {
	[CONSTANT] = "constant", [LOGARITHMIC] = "logarithmic", [LINEAR] = "linear",
	[N_LOG_N] = "n log n",	 [QUADRATIC] = "quadratic",
};
const char *const class_words[NCLASSES] = {
	[CONSTANT] = "does not grow",	     [LOGARITHMIC] = "grows logarithmically",
	[LINEAR] = "grows linearly",	     [N_LOG_N] = "grows as n log n",
	[QUADRATIC] = "grows quadratically",
};

/*
 * A series is constant if its costs differ by no more than this share of the least cost, or by
 * no more than this number of units: hash chains and allocators vary that much.
 */
static const double share_of_noise = 0.12, noise = 48;
/* A faster class must fit better by this factor. */
static const double better = 0.7;

/* The base-2 logarithm; libm is not linked. */
static double log_2(double x)
{
	double log = 0, bit = 1;

	while (x >= 2) {
		x /= 2;
		log++;
	}
	for (unsigned i = 0; i < 30; i++) {
		bit /= 2;
		x *= x;
		if (x >= 2) {
			log += bit;
			x /= 2;
		}
	}
	return log;
}

static double f(enum growth_class class, double n)
{
	switch (class) {
	case LOGARITHMIC:
		return log_2(n);
	case LINEAR:
		return n;
	case N_LOG_N:
		return n * log_2(n);
	case QUADRATIC:
		return n * n;
	default:
		return 0;
	}
}

/*
 * Fits a class, and returns the mean of the squared relative errors; absolute errors would
 * depend on the row with the largest n alone.
 */
static double fit(struct growth *growth, enum growth_class class, const double *xs,
		  const double *costs, size_t n)
{
	double w = 0, wf = 0, wff = 0, wc = 0, wfc = 0, errors = 0;

	for (size_t i = 0; i < n; i++) {
		const double weight = 1 / (costs[i] * costs[i]), at = f(class, xs[i]);
		w += weight;
		wf += weight * at;
		wff += weight * at * at;
		wc += weight * costs[i];
		wfc += weight * at * costs[i];
	}
	const double spread = w * wff - wf * wf;
	growth->class = class;
	growth->coefficient = class == CONSTANT ? 0 : (w * wfc - wf * wc) / spread;
	const double base = (wc - growth->coefficient * wf) / w;
	for (size_t i = 0; i < n; i++) {
		const double want = base + growth->coefficient * f(class, xs[i]);
		errors += (costs[i] - want) * (costs[i] - want) / (costs[i] * costs[i]);
	}
	return errors / (double)n;
}

void growth_fit(struct growth *growth, const double *xs, const double *costs, size_t n)
{
	double least = costs[0], most = costs[0], error;

	for (size_t i = 1; i < n; i++) {
		least = costs[i] < least ? costs[i] : least;
		most = costs[i] > most ? costs[i] : most;
	}
	fit(growth, CONSTANT, xs, costs, n);
	if (n < 3 || most - least <= noise || most - least <= share_of_noise * least)
		return;
	error = -1;
	for (enum growth_class class = LOGARITHMIC; class < NCLASSES; class ++) {
		struct growth tried = *growth;
		const double its = fit(&tried, class, xs, costs, n);

		/* A decreasing series does not grow. */
		if (tried.coefficient > 0 && (error < 0 || its < better * error)) {
			*growth = tried;
			error = its;
		}
	}
}
