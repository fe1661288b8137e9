package org.nemotron.core.distributed;

import static com.google.common.base.Preconditions.checkArgument;

/** Where the processes of a run find each other: the place of their key-value store. */
public sealed interface Rendezvous {
  /** One process alone: nowhere. */
  record Nowhere() implements Rendezvous {}

  /**
   * A file that all processes see, as on one machine.
   *
   * @param file its path; it must not exist before the processes start
   */
  record InFile(String file) implements Rendezvous {
    /** Checks that there is a name. */
    public InFile {
      checkArgument(!file.isEmpty(), "the file of a store must have a name");
    }
  }

  /**
   * A TCP port.
   *
   * @param host name or address
   * @param port 1 to 65535
   * @param served whether another program serves the store there, as torchrun's agent does; else
   *     rank 0 does
   * @param prefix of all keys, for a store that outlives a run; may be empty
   */
  record OverTcp(String host, int port, boolean served, String prefix) implements Rendezvous {
    /** Checks the ranges. */
    public OverTcp {
      checkArgument(!host.isEmpty(), "the host of a store must have a name");
      checkArgument(port > 0 && port < 65_536, "the port of a store (%s) must be 1 to 65535", port);
    }
  }
}
