package io.inmesh.model;

/**
 * A shadow copy of requests.
 *
 * @param cluster where to
 * @param fraction how many
 */
public record Mirror(String cluster, Fraction fraction) {}
