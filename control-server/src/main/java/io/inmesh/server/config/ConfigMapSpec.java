package io.inmesh.server.config;

import org.jspecify.annotations.Nullable;

/**
 * Kubernetes {@code ConfigMap}, as far as it matters.
 *
 * @param roots certificates in PEM under {@code ca.crt}; null: there are none
 */
public record ConfigMapSpec(@Nullable String roots) implements Spec {
  /** Where roots are, as Gateway API says. */
  static final String ROOTS = "ca.crt";
}
