// Serialises and compresses decision records on a thread of its own, beside the loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "app/loop.h"
#include "expertline/v1/strategy.pb.h"

namespace expertline::evaluation {

class Packer {
 public:
  // Records that may wait; a record is some hundred bytes for each expert of it.
  static constexpr size_t kMostWaiting = 64;

  explicit Packer(app::Loop& loop);
  ~Packer();
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  // `done(bytes of pack())` runs on the loop, in the order of the calls. False if too many wait: then it is not run,
  // and the record was not taken.
  bool pack(v1::DecisionRecord& record, std::function<void(std::string)> done);

 private:
  struct Work {
    v1::DecisionRecord record;
    std::function<void(std::string)> done;
  };
  void run();

  app::Loop& loop_;
  std::mutex mutex_;  // guards waiting_ and stopping_
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace expertline::evaluation
