package io.inmesh.server.compile;

import com.google.protobuf.Message;

/**
 * A variant of a resource.
 *
 * @param key what names it
 * @param message its content
 */
public record XdsResource(XdsKey key, Message message) {}
