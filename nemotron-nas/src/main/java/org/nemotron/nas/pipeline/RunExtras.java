package org.nemotron.nas.pipeline;

import java.util.Optional;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.eval.task.ChatFormat;
import org.nemotron.nas.estimate.Estimate;

/**
 * What a run is given beside its plan. Immutable.
 *
 * @param chat the parent's chat template for the prompts of benchmark tasks
 * @param conversations finds the parent's chat template for documents that are conversations
 * @param estimate what the report compares with what is measured
 * @param tensorBoard whether files for TensorBoard are written
 * @param ranks the processes that work at the run
 */
record RunExtras(
    Optional<ChatFormat> chat,
    ConversationRenderer.OfModel conversations,
    Optional<Estimate> estimate,
    boolean tensorBoard,
    Communicator ranks) {
  static final RunExtras NONE =
      new RunExtras(
          Optional.empty(),
          ConversationRenderer.OfModel.NONE,
          Optional.empty(),
          false,
          Communicator.alone());

  RunExtras withChat(ChatFormat format) {
    return new RunExtras(Optional.of(format), conversations, estimate, tensorBoard, ranks);
  }

  RunExtras withConversations(ConversationRenderer.OfModel templates) {
    return new RunExtras(chat, templates, estimate, tensorBoard, ranks);
  }

  RunExtras withEstimate(Estimate before) {
    return new RunExtras(chat, conversations, Optional.of(before), tensorBoard, ranks);
  }

  RunExtras withTensorBoard() {
    return new RunExtras(chat, conversations, estimate, true, ranks);
  }

  RunExtras withRanks(Communicator others) {
    return new RunExtras(chat, conversations, estimate, tensorBoard, others);
  }
}
