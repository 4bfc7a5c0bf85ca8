//! The API's document (OpenAPI 3.1), made from the code: the schemas of what the rooms below share,
//! and the route table with what every route has in common.

use crate::api::problem::Problem;
use crate::api::routes::{self, May};
use crate::units::{Money, WallTime, Word};
use axum::Json;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, RefOr,
    Required, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

/// Where the routes of the table lie.
pub const BASE: &str = "/api/v1";

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

macro_rules! schema {
    ($make:expr => $($type:path),+ $(,)?) => {$(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let made: ObjectBuilder = $make;
                Schema::Object(made.build()).into()
            }
        }

        impl ToSchema for $type {}
    )+};
}

macro_rules! word_schema {
    ($($type:path),+ $(,)?) => {$(
        schema! {
            text()
                .enum_values(Some(<$type as Word>::ALL.iter().map(|w| w.as_str())))
                .description(Some(<$type as Word>::WHAT))
            => $type
        }
    )+};
}

schema! {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
    => WallTime
}

schema! {
    text()
    => crate::units::ClientId, crate::units::PersonId, crate::units::CampaignId,
    crate::units::VersionId, crate::units::ChecklistId, crate::units::LeadId,
    crate::units::CallId, crate::units::ClaimId, crate::units::VerdictId,
    crate::units::EntryId, crate::units::PlanId, crate::units::PlanDraftId,
    crate::units::RulingId, crate::units::PeriodActId, crate::units::SecondReviewId, crate::units::CalibrationId,
    crate::units::DisputeId, crate::units::CommentId, crate::units::ShareId,
    crate::units::ItemId, crate::units::PayrollRunId, crate::units::QuestionId,
    crate::units::ReceiverId, crate::units::MessageId,
    crate::units::SessionId, crate::units::TokenId, crate::units::AnswerId,
    crate::units::HandoverQuestionId, crate::units::PromiseId, crate::units::PactId,
    crate::units::ContentId,
    crate::units::SourceId,
    crate::units::ImportId, crate::units::LeadDispositionId,
}

word_schema! {
    crate::identity::Role,
    crate::identity::House,
    crate::identity::PayBasis,
    crate::identity::token::Scope,
    crate::review::ClaimState,
    crate::review::ClaimOutcome,
    crate::leads::ClaimedBy,
    crate::review::VerdictState,
    crate::review::SecondReviewState,
    crate::review::DisputeState,
    crate::review::Ruling,
    crate::review::PutBack,
    crate::commission::EntryKind,
    crate::commission::Part,
    crate::commission::RulingKind,
    crate::commission::OpenReason,
    crate::commission::PeriodAct,
    crate::commission::payroll::PayrollFormat,
    crate::commission::payroll::LeftOutReason,
    crate::commission::question::About,
    crate::commission::question::PartKind,
    crate::commission::question::QuestionState,
    crate::review::fate::Fate,
    crate::handover::Answer,
    crate::handover::RejectReason,
    crate::handover::source::SourceKind,
    crate::handover::Readiness,
    crate::handover::CrmOutcome,
    crate::report::score::WorkOrder,
    crate::report::score::ScoreList,
    crate::report::score::ScoreLevel,
    crate::report::gate::Doubt,
    crate::report::forecast::NoPlan,
    crate::report::gate::FirstCall,
    crate::leads::Origin,
    crate::handover::PromiseKind,
    crate::handover::PromiseState,
    crate::handover::Field,
    crate::handover::mapping::CrmKind,
    crate::handover::mapping::LeadField,
    crate::handover::mapping::LeadState,
    crate::handover::mapping::Meaning,
    crate::handover::SendState,
    crate::leads::Disposition,
    crate::leads::FoundBy,
    crate::leads::Stage,
    crate::leads::BuyerStage,
    crate::leads::LeadDisposition,
    crate::store::leads::lists::View,
    crate::leads::import::DuplicateBy,
    crate::review::Tag,
    crate::report::experiments::Over,
    crate::report::experiments::Measure,
    crate::webhook::Subject,
    crate::store::webhook::PausedFor,
    crate::store::webhook::deliveries::MessageState,
}

/// An enum of the recorder's rooms, by the names that JSON has for its values.
macro_rules! name_schema {
    ($($type:path: $($name:literal),+;)+) => {$(
        schema! { text().enum_values(Some([$($name),+])) => $type }
    )+};
}

name_schema! {
    crate::call::Outcome:
        "answered", "busy", "rejected", "cancelled", "no_answer", "failed", "incomplete";
    crate::call::Direction: "inbound", "outbound", "internal";
    crate::media::GapReason:
        "lost", "not_captured", "encrypted", "unsupported_codec", "decoder_failed", "paused",
        "policy", "disk", "overload", "damaged";
    crate::archive::AudioFormat: "opus", "wav", "g711", "flac";
}

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        let minor = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .description(Some("Cents, or whatever the currency's smallest unit is."));
        let currency = text().description(Some("ISO 4217"));
        let money = ObjectBuilder::new()
            .property("minor", minor)
            .required("minor")
            .property("currency", currency)
            .required("currency");
        Schema::Object(money.build()).into()
    }
}

impl ToSchema for Money {}

/// The whole document.
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    let mut components = ComponentsBuilder::new();
    for route in routes::table() {
        for (name, schema) in route.schemas {
            components = components.schema(name, schema);
        }
        for (path, mut item) in route.paths.paths {
            let operations = [
                &mut item.get,
                &mut item.post,
                &mut item.put,
                &mut item.delete,
            ];
            for operation in operations.into_iter().flatten() {
                complete(operation, &path, route.method.as_str(), route.may);
            }
            paths = paths.path(format!("{BASE}{path}"), item);
        }
    }
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("assay_session")));
    let problem = <crate::api::problem::Body as PartialSchema>::schema();
    let missing = <crate::review::Missing as PartialSchema>::schema();
    let components = components
        .schema("Problem", problem)
        .schema("Missing", missing)
        .security_scheme("session", session)
        .security_scheme(
            "token",
            SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        );
    let info = InfoBuilder::new()
        .title("Assay")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Times are RFC 3339, in UTC. What cannot be done is answered by a problem (RFC 9457).",
        ));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths.build())
        .components(Some(components.build()))
        .build()
}

/// What every route has: a name of its own, the parameters of its path, who may ask, and what comes
/// when it cannot be done.
fn complete(operation: &mut Operation, path: &str, method: &str, may: May) {
    let name: String = path
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    operation.operation_id = Some(format!("{}{name}", method.to_lowercase()));
    let subject = path.trim_start_matches('/').split('/').next();
    operation.tags = Some(subject.into_iter().map(str::to_owned).collect());
    let parameters = operation.parameters.get_or_insert_default();
    for part in path.split('/') {
        if let Some(name) = part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(text().build()));
            parameters.push(parameter.build().into());
        }
    }
    let body = ContentBuilder::new()
        .schema(Some(utoipa::openapi::Ref::from_schema_name("Problem")))
        .build();
    let problem = ResponseBuilder::new()
        .description("It cannot be done, and why")
        .content("application/problem+json", body);
    let responses = &mut operation.responses.responses;
    responses.insert("default".to_owned(), problem.build().into());
    let who = match may {
        May::Anybody => "Anybody may ask.".to_owned(),
        May::Roles(roles) => format!(
            "For {}.",
            roles
                .iter()
                .map(|r| r.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ),
        May::Machine(scope) => format!("For a machine whose token is good for `{scope}`."),
        May::Disinterested => "For a reviewer without an interest.".to_owned(),
    };
    let told = operation.description.take().unwrap_or_default();
    operation.description = Some(format!("{told}\n\n{who}").trim().to_owned());
    if may != May::Anybody {
        let by = match may {
            May::Machine(_) => "token",
            _ => "session",
        };
        let session = SecurityRequirement::new(by, Vec::<String>::new());
        operation.security = Some(vec![session]);
    }
}

/// `/api/openapi.json`.
pub async fn openapi() -> Result<impl IntoResponse, Problem> {
    let document = serde_json::to_value(document())?;
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(document)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_of_the_table_is_in_the_document_and_nothing_else_is() {
        let document = serde_json::to_value(document()).unwrap();
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                described.insert((method.to_uppercase(), path.clone()));
                let answers = operation["responses"].as_object().unwrap();
                assert!(
                    answers
                        .keys()
                        .any(|status| status.starts_with('2') || *status == "101"),
                    "{method} {path} says nothing of what it answers"
                );
            }
        }
        let table: BTreeSet<(String, String)> = routes::table()
            .iter()
            .map(|r| (r.method.to_string(), format!("{BASE}{}", r.path)))
            .collect();
        assert_eq!(described, table);
    }

    #[test]
    fn every_schema_that_is_pointed_at_is_there() {
        let document = serde_json::to_value(document()).unwrap();
        let text = document.to_string();
        for (_, rest) in text
            .match_indices("\"#/components/schemas/")
            .map(|(at, found)| (at, &text[at + found.len()..]))
        {
            let name = rest.split('"').next().unwrap();
            assert!(
                document["components"]["schemas"].get(name).is_some(),
                "there is no schema {name}"
            );
        }
    }

    /// Each name reads as a value and is written again, and there are as many as there are values.
    fn names<T: PartialSchema + serde::Serialize + serde::de::DeserializeOwned>(values: usize) {
        let names = serde_json::to_value(T::schema()).unwrap()["enum"].clone();
        let names = names.as_array().unwrap();
        assert_eq!(names.len(), values);
        for name in names {
            let value: T = serde_json::from_value(name.clone()).unwrap();
            assert_eq!(serde_json::to_value(value).unwrap(), *name);
        }
    }

    #[test]
    fn names_of_enums_are_those_that_serde_writes() {
        names::<crate::call::Outcome>(7);
        names::<crate::call::Direction>(3);
        names::<crate::media::GapReason>(10);
        names::<crate::archive::AudioFormat>(4);
    }
}
