package io.inmesh.probe;

import io.netty.handler.codec.http.HttpHeaders;
import java.nio.ByteBuffer;

/**
 * A response.
 *
 * @param status of HTTP
 * @param headers of its head
 * @param trailers may be empty
 * @param body its first bytes
 */
record HttpAnswer(int status, HttpHeaders headers, HttpHeaders trailers, ByteBuffer body) {}
