package io.inmesh.server.registry;

/**
 * Something an operator should look at.
 *
 * @param code stable, for example {@code REGISTRY_HELD}
 * @param subject what it is about, for example {@code default/orders}; may be empty
 * @param message one sentence
 */
public record RegistryAlarm(String code, String subject, String message) {}
