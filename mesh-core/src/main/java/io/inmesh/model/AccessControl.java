package io.inmesh.model;

import org.jspecify.annotations.Nullable;

/**
 * Who may call what (Envoy's {@code http.rbac.v3.RBAC}): rules in force and rules on trial.
 *
 * @param rules null: nothing is enforced
 * @param shadow evaluated and reported, never enforced; null: none
 * @param shadowName begins the names under which the trial's results are reported; may be empty
 */
public record AccessControl(
    @Nullable AccessRules rules, @Nullable AccessRules shadow, String shadowName) {}
