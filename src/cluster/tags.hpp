#pragma once

namespace gridtally::cluster {

/// What tells apart on one communicator what ranks send each other.
enum MpiTag : int {
  letter_tag = 0,   ///< Post
  meeting_tag = 1,  ///< Meeting
  share_tag = 2     ///< Network::share, run_together
};

}  // namespace gridtally::cluster
