# Redmine's own formatters without the rest of Redmine: a line of JSON in ([format, text]), a line of JSON out (HTML).
# What Redmine does afterwards with the HTML (links to items, macros) is not here.
require 'active_support/all'
require 'action_view'
require 'cgi'
require 'commonmarker'
require 'html/pipeline'
require 'json'
require 'redcarpet'
require 'sanitize'
require 'task_list/filter'

module Redmine
  module Configuration
    def self.[](name) = nil
  end

  module SyntaxHighlighting
    def self.language_supported?(name) = false
  end
end

%w[
  helpers/url wiki_formatting/links_helper wiki_formatting/textile/redcloth3 wiki_formatting/textile/formatter
  wiki_formatting/markdown/formatter wiki_formatting/common_mark/append_spaces_to_lines
  wiki_formatting/common_mark/external_links_filter wiki_formatting/common_mark/fixup_auto_links_filter
  wiki_formatting/common_mark/markdown_filter wiki_formatting/common_mark/sanitization_filter
  wiki_formatting/common_mark/syntax_highlight_filter wiki_formatting/common_mark/formatter
].each { |name| load "#{ARGV[0]}/lib/redmine/#{name}.rb" }

FORMATTERS = {
  'textile' => Redmine::WikiFormatting::Textile::Formatter,
  'markdown' => Redmine::WikiFormatting::Markdown::Formatter,
  'common_mark' => Redmine::WikiFormatting::CommonMark::Formatter
}.freeze

STDOUT.sync = true
STDIN.each_line do |line|
  format, text = JSON.parse(line)
  STDOUT.puts JSON.dump(FORMATTERS.fetch(format).new(+text).to_html)
end
