// Lists and maps of the expression language over rows of the snapshot and over messages, copying nothing.
#pragma once

#include <iterator>
#include <optional>
#include <span>

#include "cel/value.h"
#include "expertline/v1/session.pb.h"
#include "routing/row.h"

namespace expertline::routing {

// A list of texts in a message.
class TextsView final : public cel::List {
 public:
  explicit TextsView(const google::protobuf::RepeatedPtrField<std::string>& texts) : texts_(&texts) {}
  size_t size() const override { return static_cast<size_t>(texts_->size()); }
  cel::Value at(size_t i, cel::Arena&) const override { return cel::Value::string(texts_->Get(static_cast<int>(i))); }

 private:
  const google::protobuf::RepeatedPtrField<std::string>* texts_;
};

// Words by their numbers.
class WordsView final : public cel::List {
 public:
  WordsView(std::span<const uint32_t> numbers, const WordTable& words, uint32_t base = 0)
      : numbers_(numbers), words_(&words), base_(base) {}
  size_t size() const override { return numbers_.size(); }
  cel::Value at(size_t i, cel::Arena&) const override { return cel::Value::string(words_->word(numbers_[i] - base_)); }

 private:
  std::span<const uint32_t> numbers_;
  const WordTable* words_;
  uint32_t base_;  // of number 0
};

// The media of loads.
class MediaView final : public cel::List {
 public:
  MediaView(std::span<const Load> loads, const WordTable& media) : loads_(loads), media_(&media) {}
  size_t size() const override { return loads_.size(); }
  cel::Value at(size_t i, cel::Arena&) const override { return cel::Value::string(media_->word(loads_[i].medium)); }

 private:
  std::span<const Load> loads_;
  const WordTable* media_;
};

// Texts by text in a message. They have few entries: the i-th is found by walking.
class TextMapView final : public cel::Map {
 public:
  explicit TextMapView(const google::protobuf::Map<std::string, std::string>& entries) : entries_(&entries) {}
  size_t size() const override { return entries_->size(); }
  std::optional<cel::Value> find(cel::Value key, cel::Arena&) const override {
    if (key.kind() != cel::Value::Kind::kString) return std::nullopt;
    const auto found = entries_->find(key.as_string());
    if (found == entries_->end()) return std::nullopt;
    return cel::Value::string(found->second);
  }
  cel::Value key_at(size_t i, cel::Arena&) const override {
    return cel::Value::string(std::next(entries_->begin(), static_cast<std::ptrdiff_t>(i))->first);
  }

 private:
  const google::protobuf::Map<std::string, std::string>* entries_;
};

// Skill to level.
class SkillsView final : public cel::Map {
 public:
  SkillsView(std::span<const Trait> skills, const WordTable& words) : skills_(skills), words_(&words) {}
  size_t size() const override { return skills_.size(); }
  std::optional<cel::Value> find(cel::Value key, cel::Arena&) const override {
    if (key.kind() != cel::Value::Kind::kString) return std::nullopt;
    const auto skill = words_->find(key.as_string());
    if (!skill) return std::nullopt;
    for (const Trait trait : skills_) {
      if (trait / 8 == *skill) return cel::Value::integer(trait % 8);
    }
    return std::nullopt;
  }
  cel::Value key_at(size_t i, cel::Arena&) const override { return cel::Value::string(words_->word(skills_[i] / 8)); }

 private:
  std::span<const Trait> skills_;  // no groups
  const WordTable* words_;
};

class AttributesView final : public cel::Map {
 public:
  AttributesView(const Row& row, const WordTable& words) : row_(&row), words_(&words) {}
  size_t size() const override { return row_->attributes().size(); }
  std::optional<cel::Value> find(cel::Value key, cel::Arena&) const override {
    if (key.kind() != cel::Value::Kind::kString) return std::nullopt;
    const auto word = words_->find(key.as_string());
    if (!word) return std::nullopt;
    for (const Attribute& attribute : row_->attributes()) {
      if (attribute.key == *word) return value_of(attribute);
    }
    return std::nullopt;
  }
  cel::Value key_at(size_t i, cel::Arena&) const override {
    return cel::Value::string(words_->word(row_->attributes()[i].key));
  }

 private:
  cel::Value value_of(const Attribute& attribute) const {
    switch (attribute.type) {
      case Attribute::Type::kText:
        return cel::Value::string(row_->text(attribute.as<TextPart>()));
      case Attribute::Type::kNumber:
        return cel::Value::integer(attribute.as<int64_t>());
      case Attribute::Type::kDecimal:
        return cel::Value::number(attribute.as<double>());
      case Attribute::Type::kFlag:
        return cel::Value::boolean(attribute.as<bool>());
    }
    return {};
  }

  const Row* row_;
  const WordTable* words_;
};

// Medium to directory number.
class NumbersView final : public cel::Map {
 public:
  NumbersView(const Row& row, const WordTable& media) : row_(&row), media_(&media) {}
  size_t size() const override { return row_->dns().size(); }
  std::optional<cel::Value> find(cel::Value key, cel::Arena&) const override {
    if (key.kind() != cel::Value::Kind::kString) return std::nullopt;
    for (const DirectoryNumber& number : row_->dns()) {
      if (media_->word(number.medium) == key.as_string()) return cel::Value::string(row_->text(number.text));
    }
    return std::nullopt;
  }
  cel::Value key_at(size_t i, cel::Arena&) const override {
    return cel::Value::string(media_->word(row_->dns()[i].medium));
  }

 private:
  const Row* row_;
  const WordTable* media_;
};

}  // namespace expertline::routing
