package io.inmesh.server.admin;

/** Answers the requests of one route. Called on several threads. */
@FunctionalInterface
interface AdminHandler {
  AdminReply handle(AdminRequest request) throws AdminException;
}
