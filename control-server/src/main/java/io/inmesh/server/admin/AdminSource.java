package io.inmesh.server.admin;

import io.inmesh.server.ads.ClientRegistry;
import io.inmesh.server.ads.ResourceStore;
import io.inmesh.server.ca.MeshCa;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.registry.Registry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the admin pages show. Thread-safe; nothing here blocks. */
public interface AdminSource {
  /** Why the server should get no traffic, in a few words; empty if it should. */
  String notReadyBecause();

  /** All metrics in Prometheus' text format. */
  String metrics();

  /** Identities; null if the server is insecure. */
  @Nullable MeshCa ca();

  /** The registered instances. */
  Registry registry();

  /** The resources that clients are served from. */
  ResourceStore store();

  /** The connected clients. */
  ClientRegistry clients();

  /** The configuration in force. */
  ConfigSet config();

  /** What is wrong with the configuration. */
  List<Finding> findings();
}
