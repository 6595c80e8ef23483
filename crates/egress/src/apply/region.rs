//! The AWS region in a host name.

/// Finds the region that a host names: `us-east-1` in `bedrock-runtime.us-east-1.amazonaws.com`.
///
/// The rightmost label that has the form of a region counts, so that the hosts of VPC endpoints, of FIPS and
/// dual-stack endpoints, of other partitions and of private gateways are read as well. A FIPS label such as
/// `us-gov-west-1-fips` is not a region.
pub fn region_of_host(host: &str) -> Option<&str> {
    host.trim_end_matches('.').rsplit('.').find(|label| is_region(label))
}

/// A partition's or area's letters, one or more words, a number: `eu-isoe-west-1`, `ap-southeast-2`, `eusc-de-east-1`.
fn is_region(label: &str) -> bool {
    let mut words = label.split('-');
    let area = words.next().unwrap_or_default();
    let number = words.next_back().unwrap_or_default();
    let letters = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    (2..=4).contains(&area.len())
        && letters(area)
        && matches!(number.len(), 1 | 2)
        && number.bytes().all(|b| b.is_ascii_digit())
        && words.all(letters)
        && DIRECTIONS.iter().any(|direction| label.contains(direction))
}

/// Every region's name says where in its area it lies; machine names such as `db-main-1` do not.
const DIRECTIONS: [&str; 5] = ["-north", "-south", "-east", "-west", "-central"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_found() {
        for (host, region) in [
            ("bedrock-runtime.us-east-1.amazonaws.com", Some("us-east-1")),
            ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", Some("us-gov-west-1")),
            ("bedrock-runtime.eu-central-1.api.aws", Some("eu-central-1")),
            ("runtime.sagemaker.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("runtime.sagemaker.ap-southeast-2.amazonaws.com", Some("ap-southeast-2")),
            ("runtime.sagemaker.us-isob-east-1.sc2s.sgov.gov", Some("us-isob-east-1")),
            ("bedrock-runtime.eusc-de-east-1.amazonaws.eu", Some("eusc-de-east-1")),
            ("s3vectors.eu-west-2.api.aws", Some("eu-west-2")),
            ("vpce-0a1b-c2d3-us-east-1a.bedrock-runtime.us-east-1.vpce.amazonaws.com", Some("us-east-1")),
            ("us-west-2.us-east-1.example.com", Some("us-east-1")),
            ("bedrock-runtime.us-east-1.amazonaws.com.", Some("us-east-1")),
            ("s3vectors.example.com", None),
            ("db-main-1.example.com", None),
            ("127.0.0.1", None),
            ("localhost", None),
            ("", None),
        ] {
            assert_eq!(region_of_host(host), region, "{host}");
        }
    }
}
