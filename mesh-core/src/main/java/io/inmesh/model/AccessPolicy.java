package io.inmesh.model;

/**
 * One policy: it matches a request if both parts do.
 *
 * @param name for people and metrics, for example {@code ns[shop]-policy[readers]-rule[0]}
 * @param request what is asked for (Envoy's permissions)
 * @param source who asks (Envoy's principals)
 */
public record AccessPolicy(String name, AccessMatch request, AccessMatch source) {}
