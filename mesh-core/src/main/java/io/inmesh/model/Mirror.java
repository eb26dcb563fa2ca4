package io.inmesh.model;

/**
 * A shadow copy of requests.
 *
 * @param cluster where to
 * @param fraction how many
 * @param hostSuffix whether {@code -shadow} is added to the host of the copy, as Envoy does unless
 *     told otherwise
 */
public record Mirror(String cluster, Fraction fraction, boolean hostSuffix) {}
