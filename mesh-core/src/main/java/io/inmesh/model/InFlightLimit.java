package io.inmesh.model;

/**
 * How many requests may be in flight through a filter; those beyond are refused at once.
 *
 * @param max at least 1
 */
public record InFlightLimit(int max) {}
