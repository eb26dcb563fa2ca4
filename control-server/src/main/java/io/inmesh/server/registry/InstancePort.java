package io.inmesh.server.registry;

/**
 * One port an instance serves, with every default resolved.
 *
 * @param name matches the port name of a Service; unique in the instance
 * @param appProtocol {@code http}, {@code http2} or {@code grpc}
 * @param servicePort the port callers name
 * @param instancePort the port the instance listens on
 */
public record InstancePort(String name, String appProtocol, int servicePort, int instancePort) {}
