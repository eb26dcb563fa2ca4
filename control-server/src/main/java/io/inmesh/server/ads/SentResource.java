package io.inmesh.server.ads;

import com.google.protobuf.Any;

/**
 * A resource as a client was sent it.
 *
 * @param name the resource name
 * @param version its own version
 * @param content the resource, packed
 */
public record SentResource(String name, String version, Any content) {}
