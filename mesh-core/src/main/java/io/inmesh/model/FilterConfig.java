package io.inmesh.model;

/**
 * One configured HTTP filter, or its replacement for a virtual host, route or weighted cluster.
 *
 * @param name the instance's name in the chain, the key of per-route replacements
 * @param typeUrl the type of its configuration
 * @param disabled configured but switched off here
 * @param settings the decoded settings: a record of this package, or {@link RawSettings} for
 *     filters that applications bring
 */
public record FilterConfig(String name, String typeUrl, boolean disabled, Object settings) {}
