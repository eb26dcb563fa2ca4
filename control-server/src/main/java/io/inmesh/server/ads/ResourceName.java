package io.inmesh.server.ads;

/** What a client subscribes to: a name within a type. */
record ResourceName(String typeUrl, String name) {}
