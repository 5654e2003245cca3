# Fills a fresh Redmine: its own defaults, four people, three projects, custom fields, and a strict workflow.
Redmine::DefaultData::Loader.load('en')
{ rest_api_enabled: '1', jsonp_enabled: '0', notified_events: [], default_language: 'en', host_name: '127.0.0.1',
  cross_project_issue_relations: '1', attachment_max_size: '51200', user_format: 'firstname_lastname' }
  .each { |name, value| Setting[name] = value }

def person(login, first, last)
  user = User.find_by_login(login) || User.new
  user.login = login
  user.assign_attributes(firstname: first, lastname: last, mail: "#{login}@example.test", language: 'en')
  user.password = user.password_confirmation = "testbed-#{login}"
  user.must_change_passwd = false
  user.status = User::STATUS_ACTIVE
  user.mail_notification = 'none'
  user.save!
  user.pref.hide_mail = false # so that people are matched by e-mail
  user.pref.save!
  Token.where(user_id: user.id, action: 'api').delete_all
  Token.create!(user: user, action: 'api').update_column(:value, ENV.fetch("#{login.upcase}_KEY"))
  user
end

admin = person('admin', 'Redmine', 'Admin')
sync  = person('sync',  'Sync', 'Tést')
alice = person('alice', 'Älice', 'Müller-Łukasz')
bob   = person('bob',   'Bób', '山田')

# A tracker whose issues go one way only, a step at a time.
strict = Tracker.create!(name: 'Approval', default_status: IssueStatus.find_by!(name: 'New'))
way = ['New', 'In Progress', 'Resolved', 'Closed'].map { |name| IssueStatus.find_by!(name: name) }
Role.givable.each do |role|
  way.each_cons(2) do |from, to|
    WorkflowTransition.create!(tracker: strict, role: role, old_status: from, new_status: to)
  end
end

roles = %w[Manager Developer Reporter].to_h { |name| [name, Role.find_by!(name: name)] }
roles['Developer'].add_permission!(:view_private_notes, :set_notes_private)
[['demo', 'Démo Projekt', false], ['second', 'Second project', false], ['open', 'Öffentlich', true]].each do |id, name, open|
  project = Project.new(name: name, is_public: open)
  project.identifier = id
  project.enabled_module_names = %w[issue_tracking files]
  project.trackers = Tracker.all
  project.save!
  { sync => 'Manager', alice => 'Developer', bob => 'Reporter' }.each do |user, role|
    Member.create!(project: project, user: user, roles: [roles[role]])
  end
  %w[Backend Frontend].each { |category| IssueCategory.create!(project: project, name: category) }
  %w[1.0 2.0].each { |version| Version.create!(project: project, name: version) }
end

[['Remote ID', 'string', {}],
 ['Severity', 'list', { possible_values: %w[Low Medium High] }],
 ['Labels', 'list', { possible_values: %w[API UI DB Größe], multiple: true }],
 ['Due at', 'date', {}],
 ['Effort', 'float', {}],
 ['Customer visible', 'bool', {}]].each do |name, format, more|
  IssueCustomField.create!({ name: name, field_format: format, is_for_all: true, is_filter: true,
                             visible: true, trackers: Tracker.all }.merge(more))
end
